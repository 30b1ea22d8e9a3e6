"""The table of findings and its page."""

import re

from ingest.codecs.findings import CODES
from tests.codecs.findings_page import PAGE, page


def test_the_page_is_made_from_the_table():
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.codecs.findings_page"


def test_codes_are_words_and_sentences_are_sentences():
    for code, text in CODES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        assert text.endswith("."), code
