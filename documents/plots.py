"""Plots as pictures: stacked columns with a scale, drawn by Pillow at the resolution of print."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from documents.blocks import Bars

DPI: Final = 300
"""Of print: a line of one pixel is just seen."""

WIDTH_MM: Final = 174.0
"""Between the margins of A4."""

HEIGHT_MM: Final = 58.0

_MM: Final = DPI / 25.4
"""Pixels."""

_POINT: Final = DPI / 72
"""Pixels."""

_INK: Final = "#222222"
_GREY: Final = "#777777"
_GRID: Final = "#dddddd"
_LEVEL: Final = "#222222"


def png(bars: Bars, regular: bytes, bold: bytes, shown: Callable[[str], str]) -> bytes:
    """Return a plot as PNG, `WIDTH_MM` by `HEIGHT_MM`.

    Args:
        bars: what it shows.
        regular: TrueType font that has its characters.
        bold: the same, of its title.
        shown: a text as the fonts can show it.
    """
    image = Image.new("RGB", (round(WIDTH_MM * _MM), round(HEIGHT_MM * _MM)), "white")
    draw = ImageDraw.Draw(image)
    small = ImageFont.truetype(io.BytesIO(regular), round(7.5 * _POINT))
    title = ImageFont.truetype(io.BytesIO(bold), round(9.5 * _POINT))
    draw.text((0, 0), shown(bars.title), fill=_INK, font=title)
    top = 6.0 * _MM
    top += _legend(draw, bars, small, top, image.width, shown)
    left, right = 11 * _MM, image.width - 2 * _MM
    bottom = image.height - 6.5 * _MM
    sums = [sum(one.values[at] for one in bars.series) for at in range(len(bars.columns))]
    step, highest = scale(max([*sums, math.ceil(bars.line[1]) if bars.line else 0]))
    unit = (bottom - top) / highest
    for level in range(0, highest + 1, step):
        y = bottom - level * unit
        draw.line((left, y, right, y), fill=_GRID, width=2)
        draw.text((left - 1.5 * _MM, y), str(level), fill=_GREY, font=small, anchor="rm")
    _columns(draw, bars, small, (left, right, bottom), unit, shown)
    if bars.line is not None:
        label, value = bars.line
        y = bottom - value * unit
        for x in range(round(left), round(right), round(2 * _MM)):
            draw.line((x, y, x + 1 * _MM, y), fill=_LEVEL, width=3)
        where = (right, y - 0.6 * _MM)
        draw.text(where, shown(label), fill=_LEVEL, font=small, anchor="rb")
    draw.line((left, bottom, right, bottom), fill=_GREY, width=3)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True, dpi=(DPI, DPI))
    return out.getvalue()


def scale(most: int) -> tuple[int, int]:
    """Return the step of a scale and its end: round numbers, six steps at most.

    >>> [scale(most) for most in (0, 1, 6, 7, 31, 240)]
    [(1, 1), (1, 1), (1, 6), (2, 8), (10, 40), (50, 250)]
    """
    step = 1
    while step * 6 < most:
        leading = int(str(step)[0])
        step = step * 5 // 2 if leading == 2 else step * 2
    return step, max(step, math.ceil(most / step) * step)


def _legend(
    draw: ImageDraw.ImageDraw,
    bars: Bars,
    font: ImageFont.FreeTypeFont,
    top: float,
    width: int,
    shown: Callable[[str], str],
) -> float:
    """Draw what the colours mean, and return how high it is."""
    x, y, row = 0.0, top, 4.5 * _MM
    for one in bars.series:
        label = f"{shown(one.label)} {sum(one.values)}"
        size = 2.6 * _MM + 1.2 * _MM + draw.textlength(label, font) + 5 * _MM
        if x and x + size > width:
            x, y = 0.0, y + row
        draw.rectangle((x, y, x + 2.6 * _MM, y + 2.6 * _MM), fill=one.colour)
        draw.text((x + 3.8 * _MM, y + 1.3 * _MM), label, fill=_INK, font=font, anchor="lm")
        x += size
    return y - top + row + 2 * _MM


def _columns(
    draw: ImageDraw.ImageDraw,
    bars: Bars,
    font: ImageFont.FreeTypeFont,
    edges: tuple[float, float, float],
    unit: float,
    shown: Callable[[str], str],
) -> None:
    left, right, bottom = edges
    slot = (right - left) / len(bars.columns)
    half = min(slot * 0.36, 9 * _MM)
    labels = [shown(one) for one in bars.columns]
    widest = max(draw.textlength(one, font) for one in labels) + 1.5 * _MM
    every = max(1, math.ceil(widest / slot))
    for at, label in enumerate(labels):
        middle = left + (at + 0.5) * slot
        y = bottom
        for one in bars.series:
            height = one.values[at] * unit
            if height:
                draw.rectangle((middle - half, y - height, middle + half, y), fill=one.colour)
                y -= height
        if at % every == 0:
            draw.text((middle, bottom + 1.2 * _MM), label, fill=_INK, font=font, anchor="mt")
