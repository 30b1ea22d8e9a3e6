"""In CI a skip is a failure: what nobody ran proves nothing.

A test or fixture that lacks a part of this machine calls `pytest.skip` with the reason; this
plugin turns that into a failure where the environment says `CI`.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # An expected failure is reported as a skip too; it did run.
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        where = report.longrepr
        why = where[2] if isinstance(where, tuple) else str(where)
        report.outcome = "failed"
        report.longrepr = f"{why}\nIn CI everything must run."
    return report
