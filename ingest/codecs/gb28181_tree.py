"""GB/T 28181 message bodies as trees: XML or JSON, in whatever character set, one or several glued.

A tree is a dict by element name; a leaf is text, an element that repeats is a list. The standard
has the body in GB 2312 (2011, 2016) or GB 18030 (2022), which expat does not know: the bytes are
text before they are XML, and the declaration counts only as a hint.

Source:
    GB/T 28181-2022, annex A.1 (form of the messages).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree.ElementTree import ParseError  # the type only: parsing is defusedxml's

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from ingest.codecs import charset, json_text
from ingest.codecs.event_fields import LONGEST_PAYLOAD
from ingest.codecs.notes import Notes

Tree = dict[str, Any]

MOST_MESSAGES: Final = 1000
"""In one payload."""

_DEEPEST: Final = 16
"""Levels of an XML message; the standard's own have five."""

_MOST_ELEMENTS: Final = 2000
"""In one XML message."""

_DECLARED: Final = re.compile(
    rb"<\?\s*xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._-]{1,40})"
)
_DECLARATION: Final = re.compile(r"\A\s*<\?\s*xml[^>]{0,300}>")
_BETWEEN: Final = re.compile(r"(?=<\?\s*xml\b)|(?<=</Notify>)")
_BARE_AMPERSAND: Final = re.compile(r"&(?!(?:amp|lt|gt|apos|quot|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(slots=True)
class Trees:
    """Messages of one payload."""

    messages: list[tuple[str, Tree]] = field(default_factory=list)
    """Name of the outermost element (empty in JSON that has none) and what is in it."""
    problems: list[str] = field(default_factory=list)
    """What could not be read, and why."""


_TOO_MANY: Final = Trees(problems=[f"more than {MOST_MESSAGES} messages in one payload"])
"""None of them is taken, so that all are kept in quarantine."""


class _TooMuchError(ValueError):
    """Deeper or larger than any honest message."""


class _Builder:
    """Builds a tree from the parser's events."""

    def __init__(self) -> None:
        self.root = ""
        self._open: list[tuple[str, Tree, list[str]]] = [("", {}, [])]
        self._elements = 0

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) > _DEEPEST:
            raise _TooMuchError(f"elements stand more than {_DEEPEST} levels deep")
        if self._elements > _MOST_ELEMENTS:
            raise _TooMuchError(f"has more than {_MOST_ELEMENTS} elements")
        self._open.append((tag.rpartition("}")[2], {}, []))

    def data(self, text: str) -> None:
        self._open[-1][2].append(text)

    def end(self, _tag: str) -> None:
        name, children, texts = self._open.pop()
        value: Any = children or "".join(texts)
        if len(self._open) == 1:
            self.root = name
        siblings = self._open[-1][1]
        if name not in siblings:
            siblings[name] = value
        elif isinstance(siblings[name], list):
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]

    def close(self) -> None:
        """Wanted by the parser; the tree is read from here."""

    @property
    def tree(self) -> Tree:
        tree = self._open[0][1].get(self.root)
        return tree if isinstance(tree, dict) else {}


def read(payload: bytes, notes: Notes) -> Trees:
    """Read the messages of a payload; never raises.

    Args:
        payload: the bytes.
        notes: takes what deviates.
    """
    if len(payload) > LONGEST_PAYLOAD:
        return Trees(problems=[f"{len(payload)} bytes; at most {LONGEST_PAYLOAD} are looked at"])
    found = _DECLARED.search(payload[:4096])
    declared = found[1].decode("ascii") if found else ""
    said = charset.text_of(payload, declared)
    _judge_charset(payload, said, declared, notes)
    text = said.text
    if (bare := _NO_XML.search(text)) or "\\u0000" in text:
        code = "nul" if "\0" in text or bare is None else "field-malformed"
        notes.add(code, "", "a control character stands within the text; it is shown as U+FFFD")
        text = _NO_XML.sub("\ufffd", text)
    begins = text.lstrip("\ufeff \t\r\n")[:1]
    return _read_json(text, notes) if begins in ("{", "[") else _read_xml(text, notes)


def _judge_charset(payload: bytes, said: charset.Text, declared: str, notes: Notes) -> None:
    if said.is_lossy:
        notes.add("invalid-utf8", "", "some bytes are no text in UTF-8 or GB 18030; send GB 18030")
    if payload.isascii():
        return
    if not declared and said.charset == "gb18030":
        notes.add("charset-gb2312", "", "GBK without a declaration; declare GB18030 or send UTF-8")
    elif declared and charset.is_gb(declared) != (said.charset == "gb18030"):
        notes.add("charset-mislabelled", "", f"declared {declared}, but it is {said.charset}")


def _read_json(text: str, notes: Notes) -> Trees:
    read = json_text.read(text)
    found = Trees(problems=[read.problem] if read.problem else [])
    for name in read.twice:
        notes.add("duplicate-key", "", f"{name[:40]!r} occurs twice in one object; send it once")
    for value in read.values:
        for one in value if isinstance(value, list) else [value]:
            inner = one.get("Notify", one) if isinstance(one, dict) else one
            for message in inner if isinstance(inner, list) else [inner]:
                if isinstance(message, dict):
                    found.messages.append(("Notify", message))
                else:
                    found.problems.append("an entry of the list is no object")
    if len(found.messages) > MOST_MESSAGES:
        return _TOO_MANY
    return found


def _read_xml(text: str, notes: Notes) -> Trees:
    found = Trees()
    begin = text.find("<")
    if begin < 0:
        return Trees(problems=["no XML and no JSON"])
    if text[:begin].strip("\ufeff \t\r\n"):
        notes.add("garbage", "", f"{begin} characters stand before the first element")
    parts = [part for part in _BETWEEN.split(text[begin:]) if part.strip()]
    if len(parts) > MOST_MESSAGES:
        return _TOO_MANY
    for part in parts:
        if "<" not in part:
            notes.add("garbage", "", f"{len(part)} characters stand after an element")
            continue
        try:
            found.messages.append(_parse_mended(_DECLARATION.sub("", part), notes))
        except ParseError as error:
            found.problems.append(f"not well-formed XML: {error}")
        except DefusedXmlException:
            found.problems.append("has a document type or entities; send plain elements")
        except _TooMuchError as error:
            found.problems.append(str(error))
    return found


def _parse_mended(text: str, notes: Notes) -> tuple[str, Tree]:
    """Parse one document as `_parse` does, and once more with every bare & escaped."""
    try:
        return _parse(text)
    except ParseError as error:
        mended = _BARE_AMPERSAND.sub("&amp;", text)
        if mended == text:
            raise
        found = _parse(mended)
        notes.add("xml-unescaped", "", f"{error}: an & must be written as &amp;")
        return found


def _parse(text: str) -> tuple[str, Tree]:
    """Parse one document without its declaration.

    Raises:
        ParseError: not well-formed.
        DefusedXmlException: it brings a document type or entities.
        _TooMuchError: too deep or too large.
    """
    builder = _Builder()
    parser = XMLParser(target=builder, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.feed(text)
    parser.close()
    return builder.root, builder.tree
