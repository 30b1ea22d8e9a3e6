"""The map of the rooms holds: import contracts, and what each room says of itself."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = CONFIGURATION["tool"]["importlinter"]["root_packages"]
MODULES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))


def test_contracts_name_every_room():
    stacked = CONFIGURATION["tool"]["importlinter"]["contracts"][0]["layers"]
    assert sorted(name for layer in stacked for name in layer.split(" | ")) == sorted(ROOMS)


def test_packaging_knows_every_package():
    packages = {".".join(file.parent.relative_to(ROOT).parts) for file in MODULES
                if file.name == "__init__.py"}  # fmt: skip
    assert set(CONFIGURATION["tool"]["setuptools"]["packages"]) == packages


@pytest.mark.parametrize("room", ROOMS)
def test_room_says_what_it_is_for(room: str):
    text = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text()))
    assert text is not None
    assert len(text.split()) >= 20, "for what, what it does not know, what a change touches"


def test_no_module_is_named_after_nothing():
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [file for file in MODULES if file.stem in vague] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_lock_carries_hashes_and_names_no_registry(name: str):
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    pinned = re.findall(r"^[a-z0-9][\w.\-\[\]]*==\S+", text, re.MULTILINE)
    blocks = re.findall(r"^[a-z0-9][^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)
    assert len(pinned) == len(blocks) > 30
