"""A field gateway as a process, between two real brokers."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.running import free_port, running
from ioc.parts import mqtt
from tests.ingest.test_gateway import wait_until


@pytest.fixture
def field_broker(parts_dir):
    """The broker beside the devices: it forgets all when it is killed."""
    port = free_port("mqtt.port")
    with running(mqtt.part(port, parts_dir, name=f"mqtt-{port.number}"), parts_dir) as one:
        yield one


class Edge:
    """`ioc edge` over one folder; can be killed and started again."""

    def __init__(self, folder: Path, listen, to, **settings):
        self._folder = folder
        self._settings = {f"IOC_EDGE_{key.upper()}": str(one) for key, one in settings.items()}
        self._options = ["--name=edge-7", f"--to={_address(to)}"]
        if listen is not None:
            self._options.append(f"--listen={_address(listen)}")
        self._process = None

    def start(self, **settings):
        more = {f"IOC_EDGE_{key.upper()}": str(one) for key, one in settings.items()}
        kept = {key: one for key, one in os.environ.items() if not key.startswith("IOC_")}
        self._beat.unlink(missing_ok=True)
        with (self._folder / "edge.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ioc", "edge", *self._options], stdout=log, stderr=log,
                env={**kept, "IOC_DATA_DIR": str(self._folder), **self._settings, **more},
            )  # fmt: skip

    def kill(self):
        self._process.kill()
        self._process.wait()

    def end(self):
        self._process.terminate()
        return self._process.wait(30)

    @property
    def facts(self):
        try:
            return json.loads(self._beat.read_text())
        except (OSError, ValueError):
            return {}

    @property
    def _beat(self):
        return self._folder / "run" / "edge.json"

    def await_fact(self, what, **facts):
        wait_until(lambda: all(self.facts.get(key) == one for key, one in facts.items()), what)


@pytest.fixture
def edge(tmp_path):
    """Returns what makes an `Edge`; whatever was started is killed at the end."""
    made = []

    @contextmanager
    def make(listen, to, **settings):
        folder = tmp_path / "edge"
        folder.mkdir(exist_ok=True)
        one = Edge(folder, listen, to, **settings)
        made.append(one)
        one.start()
        try:
            yield one
        finally:
            if one._process.poll() is None:
                one.kill()

    return make


def _address(broker):
    return f"{broker.part.port.host}:{broker.part.port.number}"
