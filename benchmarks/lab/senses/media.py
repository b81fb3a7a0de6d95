"""The speech and the moving picture that the lab's browsers play as microphone and camera.

Owns: making both files once and keeping them in a cache directory. Everything is seeded: two machines make the same
picture and the same speech. The files are loops without a visible or audible seam.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.lab.senses import picture
from benchmarks.lab.senses.hearing import resample

SAMPLE_RATE_HZ = 48_000
# About the level of a speaker at arm's length from a laptop; the page's gain control then changes little.
SPEECH_RMS = 0.1
SPEECH_PEAK = 0.9
# A quiet room, 60 dB below the voice: no microphone gives digital silence in pauses.
ROOM_NOISE_RMS = SPEECH_RMS / 1000
PAUSE_S = 0.35
WORDS_PER_MINUTE = 150
SEED = 2

SENTENCES = (
    "Bonjour docteur, je suis l'infirmier du poste de santé.",
    "La patiente a trente-quatre ans, elle tousse depuis deux semaines.",
    "Elle a eu de la fièvre cette nuit, trente-neuf degrés deux.",
    "La tension est de onze sur sept, le pouls est à quatre-vingt-seize.",
    "Nous lui avons donné du paracétamol ce matin à six heures.",
    "Est-ce que vous voyez bien la rougeur sur le bras gauche ?",
)

Samples = npt.NDArray[np.float64]


class MediaUnavailable(RuntimeError):
    """The files cannot be made here; the text says what is missing."""


def cache_directory() -> Path:
    """The folder of the files: in the system's temporary directory, for this user alone."""
    directory = Path(tempfile.gettempdir()) / f"keneya-lab-media-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def speech_file(directory: Path | None = None) -> Path:
    """A WAV file (48 kHz, mono, 16 bit) of about 20 s of French speech. Raises MediaUnavailable."""
    recipe = repr((SENTENCES, SPEECH_RMS, ROOM_NOISE_RMS, PAUSE_S, WORDS_PER_MINUTE))
    return _once(directory or cache_directory(), f"speech-{_digest(recipe)}.wav", _make_speech)


def sharp_picture_file(name: str, directory: Path | None = None) -> Path:
    """Like `picture_file`, but 1280x960: for calls in which a still is asked for."""
    frames = picture.PICTURES[name]
    return _once(
        directory or cache_directory(),
        f"{name}-sharp-v{picture.VERSION}.y4m",
        lambda path: picture.write_y4m(path, picture.enlarged(frames(SEED), SEED)),
    )


def picture_file(name: str, directory: Path | None = None) -> Path:
    """A Y4M file (640x480, 15 fps) of the picture ``talk`` or ``hard``. Raises KeyError for others."""
    frames = picture.PICTURES[name]
    return _once(
        directory or cache_directory(),
        f"{name}-v{picture.VERSION}.y4m",
        lambda path: picture.write_y4m(path, frames(SEED)),
    )


def _digest(recipe: str) -> str:
    return hashlib.sha256(recipe.encode()).hexdigest()[:12]


def _once(directory: Path, name: str, make: Callable[[Path], None]) -> Path:
    path = directory / name
    if not path.exists():
        unfinished = path.with_suffix(f".{os.getpid()}")
        make(unfinished)
        unfinished.replace(path)  # atomic, so that several processes may make the file at once
    return path


def _make_speech(path: Path) -> None:
    pause = np.zeros(int(PAUSE_S * SAMPLE_RATE_HZ))
    voice = np.concatenate([part for text in SENTENCES for part in (_trim(_say(text)), pause)])
    voice *= SPEECH_RMS / np.sqrt(np.mean(voice**2))
    voice += np.random.default_rng(SEED).normal(0, ROOM_NOISE_RMS, len(voice))
    voice = SPEECH_PEAK * np.tanh(voice / SPEECH_PEAK)  # compresses loud syllables instead of clipping them
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((voice * np.iinfo(np.int16).max).astype("<i2").tobytes())


def _say(text: str) -> Samples:
    """One sentence as samples between -1 and 1 at SAMPLE_RATE_HZ."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "sentence.wav"
        command = ["espeak-ng", "-v", "fr", "-s", str(WORDS_PER_MINUTE), "-w", str(path), text]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except FileNotFoundError:
            raise MediaUnavailable("espeak-ng is not installed") from None
        with wave.open(str(path), "rb") as file:
            rate_hz = file.getframerate()
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return resample(samples / np.iinfo(np.int16).max, rate_hz, SAMPLE_RATE_HZ)


def _trim(samples: Samples) -> Samples:
    """Remove the silence that the synthesiser puts before and after a sentence."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.max(np.abs(samples)))
    return samples[loud[0] : loud[-1] + 1]
