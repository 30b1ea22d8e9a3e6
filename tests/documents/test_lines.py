"""Where lines end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.lines import lines


@pytest.mark.parametrize(
    ("text", "width", "found"),
    [
        pytest.param("水位高。", 3, ["水位", "高。"], id="no-stop-begins-a-line"),
        pytest.param("水位（高）", 3, ["水位", "（高）"], id="no-bracket-ends-a-line"),
        pytest.param("high water", 6, ["high", "water"], id="words-stay-whole"),
        pytest.param("abcdefgh", 3, ["abc", "def", "gh"], id="a-long-id-is-cut"),
        pytest.param("a\n\nb", 9, ["a", "", "b"], id="own-breaks-are-kept"),
        pytest.param("", 9, [""], id="empty"),
        pytest.param("宽", 0.5, ["宽"], id="wider-than-the-line"),
    ],
)
def test_lines_end_where_people_would_end_them(text, width, found):
    assert lines(text, width, len) == found


@given(st.text(alphabet="水位（）。，ab-c \n", max_size=60), st.integers(2, 9))
def test_nothing_is_left_out_and_nothing_is_too_wide(text, width):
    found = lines(text, width, len)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(len(one) <= width for one in found)
