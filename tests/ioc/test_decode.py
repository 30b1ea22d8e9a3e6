"""`ioc decode`: what an integrator sees of a payload."""

import json
import subprocess
import sys

import pytest

FRAME = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    b"CP=&&RtdInterval=30&&1C80\r\n"
)
PACK = b'[{"bn":"g/","bt":1.8e9,"n":"level","u":"m","v":3.8},{"n":"rain","v":null}]'


def decode(*arguments, payload=b""):
    done = subprocess.run(
        [sys.executable, "-m", "ioc", "decode", *arguments], input=payload, capture_output=True,
        timeout=60,
    )  # fmt: skip
    return (
        done.returncode,
        [json.loads(one) for one in done.stdout.splitlines()],
        done.stderr.decode(),
    )


def test_observations_are_told_with_time_quality_and_what_is_missing():
    code, told, _ = decode("--codec", "senml", "-", payload=PACK)
    assert code == 0
    assert [(one["datastream"], one["value"], one["unit"], one["quality"]) for one in told] == [
        ("g/level", 3.8, "m", "good"), ("g/rain", None, None, "good"),
    ]  # fmt: skip
    assert told[0]["time"] == "2027-01-15T16:00:00+08:00"
    assert "v is null" in told[1]["problem"]


def test_a_file_in_hexadecimal_digits_and_one_payload_a_line(tmp_path):
    file = tmp_path / "packs.txt"
    file.write_text(PACK.hex() + "\n\n" + PACK.hex() + "\n")
    code, told, _ = decode("--codec", "senml", "--hex", "--lines", str(file))
    assert (code, [one["payload"] for one in told]) == (0, [1, 1, 2, 2])


def test_findings_name_their_code_and_what_it_means():
    spoilt = FRAME.replace(b"1C80", b"0759")
    code, told, _ = decode("--codec", "hj212", "-", payload=spoilt)
    assert code == 0
    (finding,) = [one for one in told if one["type"] == "finding" and "crc" in one["code"]]
    assert finding["code"] == "crc-modbus"
    assert finding["means"]


def test_a_payload_that_is_right_and_says_nothing_is_told_too():
    code, told, _ = decode("--codec", "hj212", "--lines", "-", payload=FRAME + PACK)
    assert (code, [(one["payload"], one["type"]) for one in told]) == (
        1, [(1, "nothing"), (2, "unusable")],
    )  # fmt: skip
    assert "nothing is wrong" in told[0]["detail"]


@pytest.mark.parametrize("edition", ["2005", "hj212-2005"])
def test_an_edition_counts_where_the_frame_tells_none(edition):
    frame = b"##0042ST=32;CN=2011;MN=A1;CP=&&011-Rtd=40.1&&"
    _, told, _ = decode("--codec", "hj212", "--edition", edition, "-", payload=frame)
    assert told[0]["datastream"] == "A1/cod"
    assert "code-numeric" not in {one.get("code") for one in told}
    _, told, _ = decode("--codec", "hj212", "-", payload=frame)
    assert "code-numeric" in {one.get("code") for one in told}


@pytest.mark.parametrize(
    ("arguments", "payload", "exit_code", "words"),
    [
        pytest.param(["--codec", "hj21", "-"], b"", 2, "did you mean hj212?", id="near_codec"),
        pytest.param(
            ["--codec", "hj212", "--edition", "2015", "-"], b"", 2,
            "there are 2005, 2017, 2025", id="no_edition",
        ),
        pytest.param(
            ["--codec", "senml", "--edition", "2017", "-"], b"", 2, "senml has none",
            id="edition_of_another",
        ),
        pytest.param(["--codec", "senml", "/nowhere"], b"", 2, "No such file", id="no_file"),
        pytest.param(["--codec", "senml", "--hex", "-"], b"xyz", 2, "hexadecimal", id="no_hex"),
        pytest.param(["--codec", "senml", "-"], b"{", 1, "not a SenML pack", id="unusable"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(arguments, payload, exit_code, words):
    code, told, stderr = decode(*arguments, payload=payload)
    assert code == exit_code
    assert words in stderr + json.dumps(told)
