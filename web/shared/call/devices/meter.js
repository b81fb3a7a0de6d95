/**
 * How loud the own microphone is, so that a nurse sees it works. Owns: one AudioContext and its analyser.
 * Must never record or send.
 */

// A tenth of a second: quick enough to follow speech, slow enough for a kiosk's processor.
const EVERY_MS = 100;
// Quiet rooms lie near -60 dBFS, close speech near -20.
const FLOOR_DB = -60;
const SPAN_DB = 45;

export class Meter {
    /** @type {AudioContext | null} */
    #context = null;
    /** @type {MediaStreamAudioSourceNode | null} */
    #source = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #timer;

    /** @param {(level: number) => void} onLevel 0 silent to 1 loud */
    constructor(onLevel) {
        this.onLevel = onLevel;
        // Browsers hold an AudioContext still until the page was touched once.
        document.addEventListener("pointerdown", () => void this.#context?.resume(), { passive: true });
    }

    /** @param {MediaStreamTrack | null} track the microphone; null: stop */
    listen(track) {
        clearInterval(this.#timer);
        this.#source?.disconnect();
        this.#source = null;
        this.onLevel(0);
        if (!track) {
            void this.#context?.suspend();
            return;
        }
        this.#context ??= new AudioContext();
        void this.#context.resume();
        const analyser = this.#context.createAnalyser();
        analyser.fftSize = 1024;
        this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
        this.#source.connect(analyser);
        const samples = new Float32Array(analyser.fftSize);
        this.#timer = setInterval(() => {
            analyser.getFloatTimeDomainData(samples);
            this.onLevel(loudness(samples));
        }, EVERY_MS);
    }
}

/** @param {Float32Array} samples in [-1, 1] @returns {number} in [0, 1] */
export function loudness(samples) {
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    const db = 10 * Math.log10(sum / samples.length + 1e-10);
    return Math.max(0, Math.min(1, (db - FLOOR_DB) / SPAN_DB));
}
