"""From a reading to the pixel: `python -m benchmarks.latency [alerts]`.

Starts a whole system, opens the wall in Chromium, and publishes one exceeding reading at a time
to one river gauge after another, as a field gateway would: MQTT, QoS 1. The clock starts when the
reading is taken and stops when the browser has painted the alert's row. Off-delays are taken out
of the rules, so that a gauge can be used again.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page

from benchmarks.line import REPOSITORY, Line
from devices import Catalogue
from ioc import city
from tests.screen import chromium

_GIVE_UP_S = 30.0


def main(alerts: int) -> None:
    """Measure and print.

    Args:
        alerts: how many alerts to raise, 1 or more.
    """
    with tempfile.TemporaryDirectory(prefix="ioc-latency-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        line = Line(folder, IOC_CITY=str(eager_city(folder)))
        started = line.run("up", "--detach", "--no-simulator")
        if started.returncode:
            raise SystemExit(started.stdout + started.stderr + line.logs())
        try:
            delays_ms = measure(line, alerts)
        finally:
            line.run("down")
    print(
        f"{alerts} alerts, reading taken to row painted: "
        + ", ".join(f"p{p} {np.percentile(delays_ms, p):.0f} ms" for p in (50, 90, 99))
        + f", max {delays_ms.max():.0f} ms"
    )


def eager_city(folder: Path) -> Path:
    """Return a copy of the city whose rules wait for nothing."""
    copy = folder / "city"
    shutil.copytree(REPOSITORY / "cities" / "jiangyan", copy)
    for file in (copy / "rules").glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"(for|off_delay): \w+", r"\1: 0s", text), encoding="utf-8")
    return copy


def measure(line: Line, alerts: int) -> np.ndarray:
    """Raise alerts one by one; return how long each took until it was painted, ms."""
    catalogue = city.load(line.settings.city).catalogue
    gauges = [one for one in catalogue.datastreams if "guaranteed" in one.limits]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "latency", protocol=mqtt.MQTTv5)
    client.connect(line.settings.gateway.mqtt_host, line.settings.gateway.mqtt_port)
    client.loop_start()
    delays = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(line.settings.wall_url)
        page.locator(".link").first.wait_for()
        page.locator("#time:not(:empty)").wait_for()
        for turn in range(alerts):
            gauge = gauges[turn % len(gauges)]
            high = gauge.limits["guaranteed"] + 0.5
            known = set(page.evaluate("Object.keys(iocPainted)"))
            taken_ms = _publish(client, catalogue, gauge.slot, high)
            delays.append(_painted(page, known) - taken_ms)
            _publish(client, catalogue, gauge.slot, 0.0)
            # Another moment within the second in every turn, as the field's readings come.
            time.sleep(0.3 + (turn * 0.137) % 0.5)
    client.disconnect()
    client.loop_stop()
    return np.array(delays)


def _publish(client: mqtt.Client, catalogue: Catalogue, slot: int, level_m: float) -> float:
    """Send one reading; return when it was taken, ms since 1970."""
    taken_s = time.time()
    payload = json.dumps([{"n": catalogue.datastreams[slot].id, "t": taken_s, "v": level_m}])
    client.publish(f"up/{catalogue.gateway_of[slot]}/senml", payload, qos=1)
    return taken_s * 1000


def _painted(page: Page, known: set[str]) -> float:
    """Return when a row that was not known was painted, ms since 1970."""
    deadline = time.monotonic() + _GIVE_UP_S
    while time.monotonic() < deadline:
        painted: dict[str, float] = page.evaluate("iocPainted")
        for alert in painted.keys() - known:
            return painted[alert]
        time.sleep(0.01)
    raise SystemExit(f"no alert on the page after {_GIVE_UP_S:g} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
