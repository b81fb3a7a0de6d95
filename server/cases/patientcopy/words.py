"""The words of the PDF that no page has, in the languages of the pages; codes are told by the pages' catalogs.

Owns: these words, and reading the catalogs. The Bambara words are as unread by a native speaker as those of the
pages (docs/languages.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

Say = Callable[[str], str]
PARTS = ("", "cases.", "consent.", "people.", "reports.")


class SheetLanguage(StrEnum):
    """A language of the pages."""

    FRENCH = "fr"
    BAMBARA = "bm"
    ENGLISH = "en"


OWN = {
    SheetLanguage.FRENCH: {
        "copy.title": "Tout ce qui est gardé sur votre consultation",
        "copy.keep": "Cette copie est à vous. Gardez-la là où personne d’autre ne la lit.",
        "copy.made": "Copie faite le",
        "copy.number": "Numéro du dossier",
        "copy.notes": "Ce que les soignants ont écrit",
        "copy.note": "Note entre soignants",
        "copy.agreements": "Vos accords",
        "copy.yes": "oui",
        "copy.no": "non",
        "copy.taken_back": "repris le",
        "copy.explained": "expliqué par",
        "copy.people": "Qui a eu le dossier",
        "copy.acts": "Qui a lu ou écrit, et quand",
        "copy.photos": "Photos",
        "copy.scope.teleconsultation": "Parler avec quelqu’un qui est loin",
        "copy.scope.recording": "Enregistrer",
        "copy.scope.referral": "Être orienté vers",
        "copy.scope.third_person": "Un médiateur aide",
    },
    SheetLanguage.BAMBARA: {
        "copy.title": "Min bɛɛ maralen bɛ i ka furakɛli kan",
        "copy.keep": "Nin kopi in ye i ta ye. A mara yɔrɔ la mɔgɔ wɛrɛ t’a kalan.",
        "copy.made": "Kopi dilanna don min na",
        "copy.number": "Dosiye nimɔrɔ",
        "copy.notes": "Dɔgɔtɔrɔw ye min sɛbɛn",
        "copy.note": "Sɛbɛn dɔgɔtɔrɔw cɛ",
        "copy.agreements": "I ka jɛnw",
        "copy.yes": "awɔ",
        "copy.no": "ayi",
        "copy.taken_back": "a minɛna don min na",
        "copy.explained": "a ɲɛfɔbaga",
        "copy.people": "Dosiye tun bɛ jɔn bolo",
        "copy.acts": "Jɔn y’a kalan walima k’a sɛbɛn, waati jumɛn",
        "copy.photos": "Jaw",
        "copy.scope.teleconsultation": "Kuma ni mɔgɔ ye min yɔrɔ ka jan",
        "copy.scope.recording": "Ka kuma ta",
        "copy.scope.referral": "Ka ci mɔgɔ ma",
        "copy.scope.third_person": "Cɛmancɛlafɔbaga ka dɛmɛ",
    },
    SheetLanguage.ENGLISH: {
        "copy.title": "Everything that is held on your consultation",
        "copy.keep": "This copy is yours. Keep it where nobody else reads it.",
        "copy.made": "Copy made on",
        "copy.number": "Number of the file",
        "copy.notes": "What the clinicians wrote",
        "copy.note": "Note between clinicians",
        "copy.agreements": "Your agreements",
        "copy.yes": "yes",
        "copy.no": "no",
        "copy.taken_back": "taken back on",
        "copy.explained": "explained by",
        "copy.people": "Who had the file",
        "copy.acts": "Who read or wrote, and when",
        "copy.photos": "Photos",
        "copy.scope.teleconsultation": "Talking with somebody who is far away",
        "copy.scope.recording": "Recording",
        "copy.scope.referral": "Being sent on to",
        "copy.scope.third_person": "A mediator helps",
    },
}


def words_of(catalogs: Path, language: SheetLanguage) -> Say:
    """What says a key in this language; a key that no catalog has is said as it is."""
    words: dict[str, str] = {}
    for part in PARTS:
        words |= json.loads((catalogs / f"{part}{language.value}.json").read_text(encoding="utf-8"))
    words |= OWN[language]
    return lambda key: words.get(key, key.rpartition(".")[2])
