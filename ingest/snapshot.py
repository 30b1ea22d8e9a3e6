"""Snapshots: a picture from the field is checked, drawn anew and stripped before anybody sees it.

Pure apart from Pillow. What leaves here was written by our own encoder: no metadata, no second
picture behind the first, nothing that a viewer would have to parse with care.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image

from ingest.codecs.event_fields import SNAPSHOT_ID

LARGEST_BYTES: Final = 300_000
"""Of a snapshot, as it comes and as it is kept."""

LARGEST_PIXELS: Final = 4096 * 4096
"""Width by height; 50 MB while it is decoded."""

_MOST_SCANS: Final = 20
"""Passes of a progressive JPEG; encoders write about ten. Each costs a run over the whole picture,
so 300 kB of them could take minutes."""

_QUALITIES: Final = (85, 70, 55, 40, 25)
"""Tried in turn until the picture fits; then it is halved."""

_START: Final = b"\xff\xd8\xff"
_END: Final = b"\xff\xd9"
_SCAN: Final = b"\xff\xda"
_ORIENTATION: Final = 0x0112
"""EXIF tag."""

_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its orientation (EXIF 2.32, 4.6.4 A)."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A picture as it is kept."""

    id: str
    """As the gateway names it: up to 128 of A-Z a-z 0-9 . _ -"""
    jpeg: bytes
    """At most `LARGEST_BYTES`."""
    width: int
    """Pixels, upright."""
    height: int


@dataclass(frozen=True, slots=True)
class NoSnapshot:
    """Why a picture is not taken in."""

    reason: str
    """What is wrong and what would be right."""


def take(snapshot_id: str, payload: bytes) -> Snapshot | NoSnapshot:
    """Check a picture and draw it anew; never raises.

    Costs some 30 ms for two megapixels, up to 1 s for the largest: do it beside the event loop.
    One thread at a time: it silences Python's warnings, which are the process's. The same bytes
    give the same picture with the same Pillow.

    Args:
        snapshot_id: last level of the topic `up/{gateway}/snapshot/{id}`.
        payload: the JPEG.
    """
    if not SNAPSHOT_ID.fullmatch(snapshot_id):
        return NoSnapshot(f"id {snapshot_id[:140]!r}: must be up to 128 of A-Z a-z 0-9 . _ -")
    if reason := _doubt(payload):
        return NoSnapshot(reason)
    try:
        # MPO and others of JPEG's family are read as the JPEG they begin with.
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # bombs are refused below, the rest is nobody's business
            with Image.open(io.BytesIO(payload), formats=("JPEG",)) as picture:
                return _drawn(snapshot_id, picture)
    except Exception as error:
        # Pillow has no class of its own for what it cannot read (OSError, SyntaxError, ValueError,
        # struct.error and others are seen), and no picture may end the gateway.
        return NoSnapshot(f"not a JPEG that can be drawn: {error}")


def _doubt(payload: bytes) -> str:
    """Return why bytes cannot be a picture that we draw; empty where they may."""
    if len(payload) > LARGEST_BYTES:
        return f"{len(payload)} bytes; at most {LARGEST_BYTES} are taken, send a smaller picture"
    if not payload.startswith(_START):
        return f"begins with {payload[:4].hex() or 'nothing'}; a JPEG begins with ffd8ff"
    if not payload.rstrip(b"\0\r\n ").endswith(_END):
        return "does not end with ffd9 as a JPEG does: it is cut off, or something follows it"
    if payload.count(_SCAN) > _MOST_SCANS:
        return f"{payload.count(_SCAN)} scans; at most {_MOST_SCANS} are drawn, send baseline JPEG"
    return ""


def _drawn(snapshot_id: str, picture: Image.Image) -> Snapshot | NoSnapshot:
    width, height = picture.size
    if width * height > LARGEST_PIXELS:
        return NoSnapshot(f"{width} × {height} pixels; at most {LARGEST_PIXELS} are drawn")
    turn = _UPRIGHT.get(_orientation(picture))
    drawn: Image.Image = picture if picture.mode in ("L", "RGB") else picture.convert("RGB")
    drawn = drawn.transpose(turn) if turn is not None else drawn.copy()
    drawn.info.clear()  # Pillow would write the comment again
    while True:
        for quality in _QUALITIES:
            out = io.BytesIO()
            drawn.save(out, "JPEG", quality=quality, optimize=True)
            if out.tell() <= LARGEST_BYTES:
                return Snapshot(snapshot_id, out.getvalue(), *drawn.size)
        drawn = drawn.reduce(2)


def _orientation(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1 (upright) where there is none that can be read."""
    found = picture.getexif().get(_ORIENTATION, 1)
    return found if isinstance(found, int) else 1
