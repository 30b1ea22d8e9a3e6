"""The page docs/findings.md: `python -m tests.codecs.findings_page` makes it from the table."""

from pathlib import Path

from ingest.codecs.findings import CODES

PAGE = Path(__file__).parents[2] / "docs" / "findings.md"

HEAD = """# Findings

A finding is a deviation of a device from its protocol: evidence, not an error. The reading is taken
where it can be, with a quality that says how far it may be believed; the finding is counted by day,
gateway, device and code. `ioc decode --codec NAME FILE` shows the findings of one payload,
`ioc devices conformance` those of every device. A code is stable: it never gets
another meaning.

Made from `ingest/codecs/findings.py` by `python -m tests.codecs.findings_page`.

| code | what it says |
|---|---|
"""


def page() -> str:
    """Return the page."""
    return HEAD + "".join(f"| `{code}` | {text} |\n" for code, text in CODES.items())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
