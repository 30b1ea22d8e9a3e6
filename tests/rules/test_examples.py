"""What the manual shows is valid."""

import re
from pathlib import Path

import pytest

from ioc import city
from rules.language import compile_rules

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"```yaml\n(.*?)```", (ROOT / "docs/rules.md").read_text(encoding="utf-8"), re.S
)
HEAD = "rules:\n  - id: example\n    version: 1\n    domain: water\n"
MESSAGE = '    message: {zh: "{place}", en: "{place}"}\n'


@pytest.fixture(scope="module")
def jiangyan():
    return city.load(ROOT / "cities" / "jiangyan").catalogue


@pytest.mark.parametrize("block", BLOCKS)
def test_an_example_compiles_for_the_district(jiangyan, block):
    if not block.startswith("rules:"):
        whole = HEAD + "".join(f"    {line}\n" for line in block.splitlines())
        block = whole if re.search("^    message:", whole, re.M) else whole + MESSAGE
    rules, _ = compile_rules({"example.yaml": block}, jiangyan)
    assert rules[0].n > 0


def test_every_kind_has_an_example():
    kinds = set(re.findall(r"kind: (\w+)", "\n".join(BLOCKS)))
    assert kinds == {
        "threshold", "rate", "stuck", "count", "silence", "boolean", "expression", "neighbours",
        "upstream",
    }  # fmt: skip
