"""Seeded mistakes are caught, and the manual tells of each.

Those that a test with a database, a broker or a worker catches take ten minutes more: they are made
by `python -m tests.mistakes`, or here with ALL_MISTAKES=1. That each can still be made is looked at
every time.
"""

import os
from pathlib import Path

import pytest

from tests.mistakes.catalogue import MISTAKES
from tests.mistakes.seeding import ROOT, NotAppliedError, is_caught

WITHOUT_PARTS = ("simulation", "rules", "dispatch", "devices", "documents", "wall")
"""Folders of tests that catch mistakes and start nothing."""

MADE = [
    one
    for one in MISTAKES
    if "ALL_MISTAKES" in os.environ or one.caught_by.split("/")[1] in WITHOUT_PARTS
]


@pytest.mark.parametrize("mistake", MADE, ids=[one.name.replace(" ", "_") for one in MADE])
def test_a_mistake_is_caught(mistake):
    caught, said = is_caught(mistake)
    assert caught, f"{mistake.caught_by} did not notice: {said}"


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one.name.replace(" ", "_") for one in MISTAKES])
def test_a_mistake_can_still_be_made(mistake, tmp_path):
    copy = tmp_path / mistake.file
    copy.parent.mkdir(parents=True)
    copy.write_text((ROOT / mistake.file).read_text(encoding="utf-8"), encoding="utf-8")
    mistake.apply(tmp_path)
    path, _, test = mistake.caught_by.partition("::")
    assert not test or f"def {test.partition('[')[0]}(" in (ROOT / path).read_text(encoding="utf-8")


def test_the_list_in_the_manual_is_this_one():
    rows = [
        f"| {one.name} | {one.promise} | `{one.caught_by.rpartition('::')[2].partition('[')[0]}` |"
        for one in MISTAKES
    ]
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    missing = [row for row in rows if row not in text]
    assert not missing, "docs/reliability.md lacks:\n" + "\n".join(missing)


def test_a_mistake_whose_code_is_gone_is_told(tmp_path):
    one = MISTAKES[0]
    target: Path = tmp_path / one.file
    target.parent.mkdir(parents=True)
    target.write_text("something else")
    with pytest.raises(NotAppliedError, match="has 0 times, not once"):
        one.apply(tmp_path)
