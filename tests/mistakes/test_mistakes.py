"""Each seeded mistake is caught, and the manual tells of each."""

from pathlib import Path

import pytest

from tests.mistakes.catalogue import MISTAKES
from tests.mistakes.seeding import ROOT, NotAppliedError, is_caught


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one.name.replace(" ", "_") for one in MISTAKES])
def test_a_mistake_is_caught(mistake):
    caught, said = is_caught(mistake)
    assert caught, f"{mistake.caught_by} did not notice: {said}"


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
