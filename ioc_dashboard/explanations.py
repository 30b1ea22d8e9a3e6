"""`GET /wall/explanation?index=…[&report=daily]`: why an index on the wall is what it is."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import Response

from ioc_dashboard.answers import answer
from ioc_dashboard.explaining import Explanation
from rules.indices import Report

Explain = Callable[[str, Report], Explanation | None]


def route(server: FastAPI, explain: Explain) -> None:
    """Serve explanations.

    Args:
        server: of the wall.
        explain: index, as in `data-index`, and report to the reasons; None where there are none.
    """

    @server.get("/wall/explanation")
    async def read_explanation(request: Request) -> Response:
        asked = request.query_params
        index, report = asked.get("index", ""), asked.get("report", Report.REALTIME.value)
        if report not in [*Report]:
            ways = " or ".join(Report)
            return answer(400, {"error": f"/wall/explanation: report={report!r} is not {ways}"})
        found = explain(index, Report(report))
        if found is None:
            why = "is no index of the wall, or nothing is known of it yet; e.g. aqi:district"
            return answer(404, {"error": f"/wall/explanation: index={index!r} {why}"})
        return answer(200, found)
