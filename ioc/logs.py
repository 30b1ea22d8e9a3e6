"""Set up the log: one event a line, to standard error."""

from __future__ import annotations

import logging
import sys

import structlog


def to_stderr(*, people: bool = False, least: int = logging.INFO) -> None:
    """Send events of this process to standard error.

    Args:
        people: for a person at a terminal; otherwise JSON, for files.
        least: level below which events are left out.
    """
    renderer = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if people
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    # Libraries log through `logging`; only what somebody should act on.
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.StackInfoRenderer(),
            *([] if people else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
