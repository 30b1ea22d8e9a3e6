"""When which section is computed: only those somebody looks at, and each is serialised once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from ioc_dashboard import frames
from ioc_dashboard.explaining import Explanation
from ioc_dashboard.sections import Explains, Now, Section
from rules.indices import Report


class SectionFrames:
    """The sections of one city, and what each said last."""

    def __init__(self, sections: Sequence[Section]) -> None:
        """Start with nothing said."""
        self._of = {one.page: one for one in sections}
        self._said: dict[str, bytes] = {}
        self._due_us: dict[str, int] = {}

    def __iter__(self) -> Iterator[Section]:
        """Yield every section."""
        return iter(self._of.values())

    def of(self, page: str, now: Now) -> bytes | None:
        """Return the frame of a page now, or None if it has no section of its own."""
        section = self._of.get(page)
        return None if section is None else self._frame(section, now)[0]

    def due(self, watched: Collection[str], now: Now) -> list[tuple[str, bytes]]:
        """Return the frames that are due and say something new, by page.

        Args:
            watched: pages that some screen shows.
            now: the present.
        """
        found = []
        for page in watched & self._of.keys():
            if now.us < self._due_us.get(page, 0):
                continue
            frame, is_new = self._frame(self._of[page], now)
            if is_new:
                found.append((page, frame))
        return found

    def explain(self, index: str, now: Now, report: Report) -> Explanation | None:
        """Return why an index is what it is, by whichever section shows it."""
        told = (
            section.explain(index, now, report)
            for section in self._of.values()
            if isinstance(section, Explains)
        )
        return next((one for one in told if one is not None), None)

    def _frame(self, section: Section, now: Now) -> tuple[bytes, bool]:
        data = frames.encode(section.show(now))
        # A little less than its seconds: the hub pushes once a second, not to the millisecond.
        self._due_us[section.page] = now.us + section.every_s * 1_000_000 - 500_000
        is_new = self._said.get(section.page) != data
        self._said[section.page] = data
        shown = frames.SectionShown(section.page, now.us // 1000, msgspec.Raw(data))
        return frames.encode(shown), is_new
