"""Six digits: those of RFC 6238, once each, and a QR code that a reader reads."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from server.people.factors import totp

# The key of RFC 6238 appendix B in base 32; its eight digits end in our six.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("now_s", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(now_s: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, now_s) == code
    assert totp.matching_step(RFC_SECRET, code, now_s, None) == now_s // 30


def test_a_clock_may_be_off_by_one_step_and_no_more() -> None:
    code = totp.code_at(RFC_SECRET, 3000)
    taken = [
        totp.matching_step(RFC_SECRET, code, now, None) is not None for now in (2939, 2970, 3029, 3059, 3060)
    ]
    assert taken == [False, True, True, True, False]


@pytest.mark.parametrize("off_s", [-14 * 3600, -3600, -120, 120, 3600, 14 * 3600])
def test_a_code_of_another_time_of_the_day_is_told_from_a_wrong_one(off_s: int) -> None:
    now = 1_234_567_890
    code = totp.code_at(RFC_SECRET, now + off_s)
    assert totp.matching_step(RFC_SECRET, code, now, None) is None
    step = totp.step_at(now + off_s)
    assert step in totp.other_steps(RFC_SECRET, code, now)
    assert step in totp.other_steps(RFC_SECRET, f"{code[:3]} {code[3:]}", now)


def test_a_used_code_of_now_that_happens_to_be_one_of_the_same_day_too_is_none_of_another_time() -> None:
    now, before = 3_919 * 30, 3_651 * 30  # two hours and a quarter apart
    assert totp.code_at(RFC_SECRET, now) == totp.code_at(RFC_SECRET, before)
    assert not totp.other_steps(RFC_SECRET, totp.code_at(RFC_SECRET, now), now)


def test_a_code_of_no_time_near_and_one_that_is_taken_or_was_taken_is_none_of_another_time() -> None:
    now = 1_234_567_890
    far = totp.code_at(RFC_SECRET, now + 20 * 3600)
    assert not any(totp.other_steps(RFC_SECRET, typed, now) for typed in (far, "", "12345", "abcdef"))
    tolerated = [totp.code_at(RFC_SECRET, now + off_s) for off_s in (-30, 0, 30)]
    assert not any(totp.other_steps(RFC_SECRET, code, now) for code in tolerated)


def refused(now_s: int, off_s: int) -> totp.Refused:
    code = totp.code_at(RFC_SECRET, now_s + off_s)
    return totp.Refused(totp.step_at(now_s), totp.other_steps(RFC_SECRET, code, now_s))


def test_two_codes_that_are_equally_far_off_tell_of_a_wrong_clock_and_no_code_alone_or_typed_again() -> None:
    now = 1_234_567_890
    first = refused(now, 10_800)
    assert totp.is_clock_off(first, refused(now + 30, 10_800))
    assert totp.is_clock_off(first, refused(now + 65, 10_790))
    assert not totp.is_clock_off(None, first)
    assert not totp.is_clock_off(first, refused(now + 30, 10_770)), "the same digits"
    assert not totp.is_clock_off(first, refused(now + 30, 7_200))
    assert not totp.is_clock_off(totp.Refused(first.now, frozenset()), refused(now + 30, 10_800))


def test_no_code_works_twice_nor_an_earlier_one_after_a_later() -> None:
    now = 3000
    step = totp.matching_step(RFC_SECRET, totp.code_at(RFC_SECRET, now), now, None)
    assert step == 100
    assert totp.matching_step(RFC_SECRET, totp.code_at(RFC_SECRET, now), now, step) is None
    assert totp.matching_step(RFC_SECRET, totp.code_at(RFC_SECRET, now - 30), now, step) is None
    assert totp.matching_step(RFC_SECRET, totp.code_at(RFC_SECRET, now + 30), now, step) == 101


@pytest.mark.parametrize("typed", ["", "28708", "2870820", "abcdef", "２８７０８２"])
def test_a_malformed_code_is_refused(typed: str) -> None:
    assert totp.matching_step(RFC_SECRET, typed, 59, None) is None


def test_spaces_between_digits_do_not_matter() -> None:
    assert totp.matching_step(RFC_SECRET, "287 082", 59, None) == 1


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {totp.new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert {len(secret) for secret in secrets} == {32}  # 160 bits


def test_the_drawing_is_a_qr_code_of_the_address() -> None:
    # One secret, always the same: the reader of the test fails on one drawing in a hundred.
    uri = totp.uri("FCRP4NBV72LHJR3GSSUUZRMX4AIX3EKA", "docteur")
    size, path = totp.qr_path(uri)
    scale = 8
    picture = np.full((size * scale, size * scale), 255, np.uint8)
    for run in path.removesuffix("z").split("z"):
        x, y = (int(number) for number in run[1 : run.index("h")].split())
        width = int(run[run.index("h") + 1 : run.index("v")])
        picture[y * scale : (y + 1) * scale, x * scale : (x + width) * scale] = 0
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert read == uri
    assert uri.startswith("otpauth://totp/Keneya:docteur?")
