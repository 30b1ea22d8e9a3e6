"""Plots: heights are the numbers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from documents import Bars, Series
from documents.plots import DPI, HEIGHT_MM, WIDTH_MM, png, scale
from tests.documents.sheets import FONTS


@pytest.fixture(scope="module")
def font():
    return FONTS.ttf("400", ["0123456789 abc"])


def drawn(bars, font):
    return np.asarray(Image.open(io.BytesIO(png(bars, font, font, str))).convert("RGB"))


def columns_of(picture, colour):
    """Return the height in pixels of each column of a colour, from the left, legend left out."""
    rgb = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    heights = (picture == rgb).all(axis=2)[200:].sum(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], heights > 0, [0]])))
    return [int(heights[a:b].max()) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def test_columns_are_as_high_as_their_numbers(font):
    red, blue = "#ff0000", "#0000ff"
    bars = Bars("abc", ("a", "b", "c"), (Series("a", red, (1, 2, 4)), Series("b", blue, (2, 0, 4))))
    picture = drawn(bars, font)
    one, two, four = columns_of(picture, red)
    assert (two, four) == (pytest.approx(2 * one, abs=4), pytest.approx(4 * one, abs=6))
    assert columns_of(picture, blue)[0] == pytest.approx(2 * one, abs=4)
    assert picture.shape[:2] == (round(HEIGHT_MM / 25.4 * DPI), round(WIDTH_MM / 25.4 * DPI))


def test_nothing_has_a_plot_too(font):
    bars = Bars("abc", ("a", "b"), (Series("a", "#ff0000", (0, 0)),), ("c", 6.0))
    assert columns_of(drawn(bars, font), "#ff0000") == []


@pytest.mark.parametrize("most", [*range(200), 999, 1000, 123_456])
def test_a_scale_holds_its_most_in_few_round_steps(most):
    step, end = scale(most)
    assert end >= most
    assert end % step == 0
    assert 1 <= end // step <= 6
    assert str(step).strip("0") in ("1", "2", "5")
