"""YAML whose every field knows its line, read once by libyaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import yaml

from rules.language.mistakes import RuleError

Path = tuple[str | int, ...]
"""Keys and positions from the root of a document to a value."""

_BASE: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C is several times faster; a PyYAML built without libyaml has none."""


class _Loader(_BASE):  # type: ignore[misc] # chosen above
    """Leaves dates as they are written: rules have none, and impossible ones would raise."""

    yaml_implicit_resolvers: ClassVar = {
        first: [one for one in resolvers if not one[0].endswith(":timestamp")]
        for first, resolvers in _BASE.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True, slots=True)
class Source:
    """One file."""

    name: str
    root: yaml.Node | None
    """None for an empty file."""
    data: object

    def line(self, path: Path) -> int:
        """Return the line of a value's key, or of the innermost thing around it that exists."""
        node, line = self.root, 1
        for part in path:
            found = _step(node, part)
            if found is None:
                break
            node, line = found
        return line


@dataclass(frozen=True, slots=True)
class At:
    """A thing in a file: makes errors that know their line."""

    source: Source
    path: Path = ()

    def within(self, *field: str | int) -> At:
        """Return something inside it."""
        return At(self.source, self.path + field)

    def where(self, field: Path = ()) -> str:
        """Return `file:line`."""
        return f"{self.source.name}:{self.source.line(self.path + field)}"

    def error(self, field: Path, what: str) -> RuleError:
        """Say what is wrong with a field, named from here."""
        dotted = ".".join(str(part) for part in field)
        return RuleError(self.where(field), f"{dotted}: {what}" if dotted else what)


def load(name: str, text: str) -> Source:
    """Read a file.

    Raises:
        RuleError: it is no YAML, or a key stands twice.
    """
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is not None:
            _refuse_repetition(name, root, set())
        return Source(name, root, None if root is None else loader.construct_document(root))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RuleError(f"{name}:{line}", f"is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:  # a character that YAML has not
        raise RuleError(f"{name}:1", f"is not YAML: {error}") from error
    except RuleError:
        raise
    except (AttributeError, KeyError, ValueError) as error:  # `!!int three`, `!!timestamp soon`
        raise RuleError(f"{name}:1", f"is not what its tag says: {error}") from error
    except RecursionError:
        raise RuleError(f"{name}:1", "is nested too deeply to be a file of rules") from None
    finally:
        loader.dispose()


def _step(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    return None


def _refuse_repetition(file: str, node: yaml.Node, seen: set[int]) -> None:
    """Refuse a key that stands twice, because YAML would silently take the last."""
    if isinstance(node, yaml.ScalarNode) or id(node) in seen:
        return
    seen.add(id(node))  # an alias leads to a node again, perhaps to one around it
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repetition(file, value, seen)
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            line = key.start_mark.line + 1
            if key.value in lines:
                raise RuleError(
                    f"{file}:{line}",
                    f"{key.value}: stands twice; the first is in line {lines[key.value]}",
                )
            lines[key.value] = line
        _refuse_repetition(file, value, seen)
