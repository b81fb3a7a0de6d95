"""The copy as a PDF, for a patient who reads it or has it read.

Owns: what stands on the pages and in which order. The letters of Bambara come from an embedded font. Must never
write to the disk: the file goes to the page in memory.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import fontpkg_fira_sans
from fpdf import FPDF

from server.cases.patientcopy.contents import AgreementView, OwnCopy
from server.cases.patientcopy.words import Say, SheetLanguage

# A file a weight: to make one of a variable font took 13 s of processor in the process of the relay.
FONT, FONT_FILES = "Fira Sans", Path(fontpkg_fira_sans.__file__).parent / "files"
WEIGHTS = {"": "FiraSans-Regular.ttf", "B": "FiraSans-Bold.ttf"}
TEXT_PT, TITLE_PT, HEAD_PT, SMALL_PT = 10.5, 17.0, 12.5, 8.5
LINE_HEIGHT_MM = 5.6
PHOTO_WIDTH_MM = 110.0
INK, FAINT = (32, 32, 32), (96, 96, 96)


class Sheet(FPDF):
    """A4 pages with the number of the file and of the page at their foot."""

    def __init__(self, number: str) -> None:
        super().__init__(format="A4")
        self._number = number
        for style, name in WEIGHTS.items():
            self.add_font(FONT, style, FONT_FILES / name)
        self.set_margin(18)
        self.set_auto_page_break(auto=True, margin=20)
        self.add_page()

    def footer(self) -> None:
        """The foot of each page."""
        self.set_y(-14)
        self._write(f"Kɛnɛya · {self._number} · {self.page_no()}/{{nb}}", SMALL_PT, faint=True)

    def first_line(self, text: str) -> None:
        """The first line."""
        self._write(text, TITLE_PT, bold=True)
        self.ln(2)

    def head(self, text: str) -> None:
        """The head of a part, never alone at the end of a page."""
        if self.will_page_break(3 * LINE_HEIGHT_MM):
            self.add_page()
        self.ln(3)
        self._write(text, HEAD_PT, bold=True)

    def fact(self, label: str, text: str) -> None:
        """One fact, unless it is empty."""
        if text:
            self.set_text_color(*INK)
            for style, words in (("B", f"{label}  "), ("", text)):
                self.set_font(FONT, style, TEXT_PT)
                self.write(LINE_HEIGHT_MM, words)
            self.ln(LINE_HEIGHT_MM)

    def words(self, text: str, *, small: bool = False) -> None:
        """A paragraph as somebody wrote it."""
        if text:
            self._write(text, SMALL_PT if small else TEXT_PT, faint=small)

    def picture(self, jpeg: bytes) -> None:
        """A photo."""
        self.image(BytesIO(jpeg), w=PHOTO_WIDTH_MM)
        self.ln(3)

    def _write(self, text: str, size: float, *, bold: bool = False, faint: bool = False) -> None:
        self.set_font(FONT, "B" if bold else "", size)
        self.set_text_color(*(FAINT if faint else INK))
        height = LINE_HEIGHT_MM * size / TEXT_PT
        self.multi_cell(0, height, text, new_x="LMARGIN", new_y="NEXT", align="L")


def as_pdf(copy: OwnCopy, say: Say, language: SheetLanguage) -> bytes:
    """The whole copy."""
    sheet = Sheet(copy.case.id)
    sheet.set_lang(language.value)
    sheet.set_title(say("copy.title"))
    sheet.first_line(say("copy.title"))
    sheet.words(say("copy.keep"))
    sheet.words(f"{say('copy.made')} {_when(copy.made_at)}", small=True)
    _case(sheet, copy, say)
    _notes(sheet, copy, say)
    _agreements(sheet, copy.agreements, say)
    if copy.photos:
        sheet.head(say("copy.photos"))
        for encoded in copy.photos.values():
            sheet.picture(base64.b64decode(encoded))
    sheet.head(say("copy.people"))
    for one in copy.people:
        until = f" – {_when(one.until)}" if one.until else ""
        sheet.words(f"{one.name}, {say(f'role.{one.role}')}, {_when(one.since)}{until}")
    sheet.head(say("copy.acts"))
    for act in copy.acts:
        who = act.name or say(f"role.{act.role}")
        sheet.words(f"{_when(act.at)}  {say(f'act.{act.act}')}, {who}", small=True)
    return bytes(sheet.output())


def _case(sheet: Sheet, copy: OwnCopy, say: Say) -> None:
    case = copy.case
    sheet.head(say("summary.title"))
    sheet.fact(say("copy.number"), case.id)
    sheet.fact(say("summary.place"), _joined([case.site, case.station]))
    sheet.fact(say("summary.date"), _when(case.opened_at))
    coded = [f"age.{case.age_band}" if case.age_band else "", f"sex.{case.sex}" if case.sex else ""]
    sheet.fact(say("summary.patient"), _joined([case.patient_ref, *(say(code) for code in coded if code)]))
    sheet.fact(say("summary.clinician"), case.clinician)
    reason = say(f"reason.{case.reason_code}") if case.reason_code else ""
    sheet.fact(say("summary.reason"), _joined([reason, case.icd11, case.reason_text]))
    sheet.fact(say("case.flags"), ", ".join(say(f"redflag.{flag}") for flag in case.red_flags))
    vitals = (f"{say(f'vital.{one.sign}')} {one.value:g} {one.unit}" for one in case.vitals)
    sheet.fact(say("summary.vitals"), _joined(vitals))
    for outcome in case.outcomes:
        told = _joined([say(f"outcome.{outcome.outcome}"), outcome.words, _when(outcome.reported_at)])
        sheet.fact(say("outcome.title"), told)


def _notes(sheet: Sheet, copy: OwnCopy, say: Say) -> None:
    case = copy.case
    if case.notes or case.referrals:
        sheet.head(say("copy.notes"))
    for note in case.notes:
        sheet.words(_joined([note.clinician, _when(note.written_at)]), small=True)
        sheet.fact(say("summary.answer"), note.answer)
        sheet.fact(say("summary.advice"), note.advice)
        sheet.fact(say("copy.note"), note.note or "")
    for referral in case.referrals:
        sheet.words(_when(referral.written_at), small=True)
        sheet.fact(f"{say('summary.referral')} {_recipient(referral.recipient, say)}", referral.letter)


def _agreements(sheet: Sheet, agreements: Iterable[AgreementView], say: Say) -> None:
    sheet.head(say("copy.agreements"))
    for one in agreements:
        answer = [say("copy.yes" if one.given else "copy.no"), say(f"consent.how.{one.how}"), one.giver_name]
        answer += [f"{say('copy.explained')} {one.explained_by}", _when(one.recorded_at)]
        if one.withdrawn_at is not None:
            answer.append(f"{say('copy.taken_back')} {_when(one.withdrawn_at)}")
        to = _recipient(one.recipient, say) if one.recipient else ""
        sheet.fact(_joined([say(f"copy.scope.{one.scope}"), to]), _joined(answer))


def _recipient(code: str, say: Say) -> str:
    known = say(f"recipient.{code}")
    return say(f"specialty.{code}") if known == code else known


def _when(seconds: float) -> str:
    """A moment in UTC, which is the time of Bamako."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%d.%m.%Y %H:%M")


def _joined(texts: Iterable[str]) -> str:
    return " · ".join(text for text in texts if text)
