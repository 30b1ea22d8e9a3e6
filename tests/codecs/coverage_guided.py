"""Fuzzing led by coverage: `python -m tests.codecs.coverage_guided [CODEC …] [--seconds 30]`.

atheris makes payloads that reach code which none before them reached. Each must keep the promises
that the tests ask for, within 10 s. Prints how many inputs were tried on each codec; exit 1 where
one broke a promise, which is then kept in `var/fuzz`.

atheris is not among the locked requirements, for it has wheels for Linux only: `pip install
atheris` where you want it.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

KEPT = Path(__file__).parents[2] / "var" / "fuzz"

SEEDS = {
    "camera": b'{"device":"c1","kind":"ponding","time":1782864000000,"confidence":0.9,"count":3}',
    "gb28181": '<?xml version="1.0" encoding="GB2312"?><Notify><CmdType>Alarm</CmdType><SN>17</SN>'
    "<DeviceID>32120401001320000001</DeviceID><AlarmPriority>2</AlarmPriority><AlarmMethod>5"
    "</AlarmMethod><AlarmTime>2026-07-01T08:00:00</AlarmTime><Longitude>0.0</Longitude><Latitude>"
    "0.0</Latitude><AlarmDescription>人群聚集</AlarmDescription><Info><AlarmType>10</AlarmType>"
    "<AlarmTypeParam><Count>137</Count></AlarmTypeParam></Info></Notify>".encode("gb18030"),
    "hj212": b"##0103QN=20160801085857223;ST=21;CN=2011;PW=123456;MN=A1;Flag=4;"
    b"CP=&&DataTime=20160801085857;w01001-Rtd=7.1&&6B80\r\n",
    "senml": b'[{"bn":"g/","bt":1.7e9,"n":"level","u":"m","v":3.8},{"n":"x","vb":true,"t":-5}]',
    "senml-cbor": bytes.fromhex("81a3006161016143021817"),
    "sl651": bytes.fromhex(
        "7E7E010010100001A00032002B02000C200724172349F1F1001010000148F0F020072417232019000130221900"
        "004039230000055038121268038397"
    ),
    "sparkplug": bytes.fromhex(
        "0880e8e6d7f133122d0a04466c6f771880e8e6d7f133200a4a130a07656e67556e69741208080c42046d332f68"
        "6900000000000029401803"
    ),
    "thingsboard": b'{"Device A":[{"ts":1483228800000,"values":{"level":1.42,"open":true}}]}',
}
"""A good payload to begin with, by codec."""

TOPICS = {"sparkplug": "spBv1.0/group/NDATA/node"}
"""Topic of a codec that needs one."""


def main() -> int:
    """Fuzz the codecs that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.codecs.coverage_guided", description=__doc__
    )
    parser.add_argument("codecs", nargs="*", metavar="CODEC", help=", ".join(SEEDS))
    parser.add_argument("--seconds", type=int, default=30, help="for each codec; default 30")
    parser.add_argument("--here", metavar="CORPUS", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    for codec in chosen.codecs:
        if codec not in SEEDS:
            parser.error(f"{codec!r} is no codec; there are {', '.join(SEEDS)}")
    if importlib.util.find_spec("atheris") is None:
        parser.error("atheris is not installed; pip install atheris")
    if chosen.here:
        fuzz_here(chosen.codecs[0], chosen.here, chosen.seconds)
    print("inputs tried, led by coverage", flush=True)
    return max(fuzz(codec, chosen.seconds) for codec in chosen.codecs or SEEDS)


def fuzz(codec: str, seconds: int) -> int:
    """Fuzz one codec in a process of its own, which libFuzzer ends; return 0 when all is well."""
    with tempfile.TemporaryDirectory(prefix="ioc-fuzz-") as corpus:
        (Path(corpus) / "good").write_bytes(SEEDS[codec])
        done = subprocess.run(
            [sys.executable, "-m", __spec__.name, codec, "--here", corpus, "--seconds",
             str(seconds)],
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
    ended = re.search(r"Done (\d+) runs in (\d+) second", done.stderr)
    if done.returncode == 0 and ended:
        print(f"{codec:<20}{int(ended[1]):>9,} in {ended[2]} s", flush=True)
        return 0
    print(f"{codec:<20}a promise is broken:\n{done.stdout}{done.stderr[-3000:]}", flush=True)
    return 1


def fuzz_here(codec: str, corpus: str, seconds: int) -> None:
    """Fuzz one codec until the time is over or a promise is broken, and end the process."""
    import atheris

    # What is imported before this is not looked into.
    with atheris.instrument_imports(include=["ingest.codecs"]):
        from ingest.codecs import CODECS, Heard
        from tests.codecs.bad_bytes import RECEIVED_US, keeps_its_promises
    decode, heard = CODECS[codec], Heard(TOPICS.get(codec, ""), RECEIVED_US)
    KEPT.mkdir(parents=True, exist_ok=True)
    atheris.Setup(
        [sys.argv[0], corpus, f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10",
         f"-artifact_prefix={KEPT}/{codec}-"],
        lambda payload: keeps_its_promises(decode(payload, heard)),
    )  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
