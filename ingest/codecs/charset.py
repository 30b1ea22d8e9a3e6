"""Bytes of the field as text: UTF-8 or GB 18030, whatever the message says of itself.

Cameras and platforms declare GB2312 and send UTF-8, declare UTF-8 and send GBK, or declare nothing.
"""

from __future__ import annotations

import codecs
from typing import Final, NamedTuple

_UTF8: Final = "utf-8"
_GB: Final = "gb18030"
"""Holds GB 2312 and GBK; all three are read as it."""

_FIRST_OF_THREE: Final = "\u0800"
"""The first character that UTF-8 writes in three bytes; every Chinese one comes after it."""


class Text(NamedTuple):
    """What some bytes say."""

    text: str
    """Without a byte order mark; U+FFFD where the bytes are no character."""
    charset: str
    """`utf-8`, `utf-16` or `gb18030`; plain ASCII is `utf-8`."""
    is_lossy: bool
    """Whether there are bytes that are no character."""


def is_gb(declared: str) -> bool:
    """Return whether a declared encoding is one of the family GB 2312, GBK, GB 18030.

    >>> is_gb("GB2312"), is_gb("UTF-8")
    (True, False)
    """
    return declared.lower().replace("-", "").replace("_", "") in (
        "gb2312", "gbk", "gb18030", "cp936", "ms936", "euccn", "hz",
    )  # fmt: skip


def text_of(payload: bytes, declared: str = "") -> Text:
    """Decode by content, with what is declared as a hint; never raises.

    Two readings are often both possible. GB 2312 proper is taken at its word where it is declared:
    nearly no UTF-8 passes as it, while as GBK half of it does.

    Args:
        payload: the bytes.
        declared: encoding that the message names; empty where it names none.

    >>> text_of("积水".encode("gbk")).text
    '积水'
    >>> text_of("积水".encode(), "GB2312").charset
    'utf-8'
    """
    if payload.startswith(codecs.BOM_UTF8):
        return _read(payload[3:], _UTF8)
    if payload.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _read(payload, "utf-16")
    if payload.isascii():
        return Text(payload.decode("ascii"), _UTF8, is_lossy=False)
    proper = _strict(payload, "gb2312") if is_gb(declared) else None
    if isinstance(proper, str):
        return Text(proper, _GB, is_lossy=False)
    utf8 = _strict(payload, _UTF8)
    if isinstance(utf8, str) and (not is_gb(declared) or max(utf8) >= _FIRST_OF_THREE):
        return Text(utf8, _UTF8, is_lossy=False)
    gb = _strict(payload, _GB)
    if isinstance(gb, str):
        return Text(gb, _GB, is_lossy=False)
    # Neither: the one that comes further is meant, the other trips over the first character.
    if isinstance(utf8, str) or utf8 >= gb:
        return _read(payload, _UTF8)
    return _read(payload, _GB)


def _strict(payload: bytes, charset: str) -> str | int:
    """Return the text, or where it ends to be one."""
    try:
        return payload.decode(charset)
    except UnicodeDecodeError as error:
        return error.start


def _read(payload: bytes, charset: str) -> Text:
    text = payload.decode(charset, "replace")
    return Text(text, charset, is_lossy="\ufffd" in text)
