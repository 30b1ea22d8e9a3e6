"""The frames that HJ 212-2017 prints in annex C, all 75.

Verdicts are worked out bit by bit here, not by the codec. The standard's own slips are in `SLIPS`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.codecs import hj212
from ingest.codecs.hj212_frame import Verdict, scan
from tests.codecs.hj212_frames import HEARD, MN, codes, decode, slow_crc, values

LINES = (Path(__file__).parent / "hj212-2017-annex-c.txt").read_bytes().splitlines()
"""As printed, one a line, without CR LF."""

ELIDED = "field-malformed"
SLIPS = {
    20: ["code-numeric", ELIDED],  # 01018-Rtd; an ellipsis stands for further items
    22: [ELIDED],  # SB2-RS=0…
    23: [ELIDED],
    25: [ELIDED],
    27: [ELIDED],
    29: ["separator-wrong", "no-number"],  # no semicolon behind Flag=5; SB2-RT=2.1…
    31: [ELIDED],
    33: [ELIDED],
    35: ["separator-wrong", ELIDED],  # a comma behind QN
    37: ["no-number"],
    43: ["duplicate-field"],  # e01001-Rtd twice
    68: ["field-malformed"],  # the answer to it is printed into it
    69: ["separator-wrong", ELIDED],
    71: ["split-incomplete", ELIDED],  # the two packets have two request numbers
    72: ["split-incomplete", ELIDED],
    73: ["split-incomplete", ELIDED],
    74: ["split-incomplete", ELIDED],
}
"""Findings by line; every other line has none. All 75 checksums are right over UTF-8."""


def period(name: str, volume: float, mass: float) -> dict[str, float]:
    return flow_and_ph(name, volume) | {
        f"cod_mass:sum_{name}": mass,
        f"cod:min_{name}": 40.1,
        f"cod:mean_{name}": 40.1,
        f"cod:max_{name}": 40.1,
    }


def flow_and_ph(name: str, volume: float) -> dict[str, float]:
    return {
        f"water_volume:sum_{name}": volume,
        f"flow:min_{name}": 16.4,
        f"flow:mean_{name}": 17.5,
        f"flow:max_{name}": 20.1,
        f"ph:min_{name}": 7.1,
        f"ph:mean_{name}": 7.5,
        f"ph:max_{name}": 7.8,
    }


def noise(name: str, *levels: float) -> dict[str, float]:
    names = ("l5", "l10", "l50", "l90", "l95", "max", "min")
    return {f"noise:{what}_{name}": level for what, level in zip(names, levels, strict=True)}


COD = {
    "cod_mass:sum_1h": 63.0, "cod:min_1h": 40.1, "cod:mean_1h": 40.1, "cod:max_1h": 40.1
}  # fmt: skip
LEVELS = (53.0, 53.0, 49.0, 45.0, 43.0, 54.0, 42.0)
VALUES = {
    20: {"ph": 7.1, "cod": 2.2},
    23: period("minutes", 10.5, 10.5),
    25: period("1h", 63.0, 63.0),
    27: period("1d", 1512.0, 2142.0),
    29: {"SB1-RT:sum_1d": 1.1, "SB2-RT:sum_1d": None},
    31: period("minutes", 10.5, 10.5),
    33: period("1h", 63.0, 63.0),
    35: period("1d", 1512.0, 2142.0),
    37: {"SB1-RT:sum_1d": 1.1, "SB2-RT:sum_1d": None},
    39: {"noise": 50.1},
    40: noise("minutes", *LEVELS) | {"noise_leq:mean_minutes": 50.0},
    41: noise("1h", *LEVELS) | {"noise_leq:mean_1h": 50.0},
    42: noise("1d", *LEVELS)
    | {"Ldn:mean_1d": 50.0}
    | noise("daytime", 53.0, 53.0, 52.0, 51.0, 50.0, 54.0, 45.0)
    | {"noise_leq:mean_daytime": 52.5}
    | noise("night", 53.0, 53.0, 52.0, 51.0, 49.0, 54.0, 42.0)
    | {"noise_leq:mean_night": 52.5},
    43: {"e01001": 1.1},
    69: period("1h", 63.0, 63.0),
    71: flow_and_ph("1h", 63.0),
    72: COD,
    73: flow_and_ph("1h", 63.0),
    74: COD,
}
"""Values by line, None where the standard printed no number; every other line has none."""

ANSWERS = {20: 21, 23: 24, 25: 26, 27: 28, 69: 70, 74: 75}
"""Line of the answer that the standard prints, by that of the data."""


def test_no_frame_is_missing() -> None:
    assert len(LINES) == 75


numbered = pytest.mark.parametrize(
    ("number", "line"),
    list(enumerate(LINES, start=1)),
    ids=[f"C-{n + 1}" for n in range(len(LINES))],
)


@numbered
def test_frame_has_the_verdict_of_annex_a(number: int, line: bytes) -> None:
    length, segment, checksum = int(line[2:6]), line[6:-4], line[-4:]
    assert len(segment) == length
    assert b"%04X" % slow_crc(segment) == checksum
    (frame,) = scan(line).frames
    assert (frame.segment, frame.verdict) == (segment, Verdict.RIGHT)


@numbered
def test_frame_has_the_findings_of_its_slips(number: int, line: bytes) -> None:
    assert codes(decode(line)) == SLIPS.get(number, [])


@numbered
def test_frame_has_its_values(number: int, line: bytes) -> None:
    told = decode(line)
    found = {key: None if value != value else value for key, value in values(told).items()}
    assert found == VALUES.get(number, {})
    assert {key.partition("/")[0] for key in told.measurements.key} <= {MN}


@pytest.mark.parametrize(("data", "answer"), ANSWERS.items(), ids=str)
def test_answer_is_the_one_that_the_standard_prints(data: int, answer: int) -> None:
    (reply,) = hj212.decode(LINES[data - 1], HEARD).replies
    assert reply.payload == LINES[answer - 1] + b"\r\n"


def test_all_frames_glued_are_the_same_frames() -> None:
    glued = scan(b"".join(LINES))
    assert [one.segment for one in glued.frames] == [line[6:-4] for line in LINES]
    assert glued.garbage == 0
    told = decode(b"\r\n".join(LINES))
    # Lines 73 and 74 are the packets of 71 and 72 again.
    due = [*LINES[:72], *LINES[74:]]
    assert told.measurements.n == sum(decode(line).measurements.n for line in due)
