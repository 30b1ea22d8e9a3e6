"""A line with its wall in which nothing comes back by itself: what is killed stays dead."""

from __future__ import annotations

from pathlib import Path

from benchmarks.chaos.engines import Engines
from benchmarks.chaos.system import System
from benchmarks.running import Running, free_port
from ioc.parts.programs import ours

PARTS = ("worker", "gateway", "wall", "database", "kafka", "mqtt")


class WallSystem(System):
    """Engines, gateway, worker, simulated city and wall."""

    def __init__(self, folder: Path, *simulated: str) -> None:
        """Prepare, on free ports.

        Args:
            folder: of everything it writes.
            simulated: options of `ioc simulate`, beside its seed.
        """
        self._simulated = simulated
        self._wall_port = free_port()
        engines = Engines(folder, "embedded")
        super().__init__(folder, engines, 1, IOC_WALL_PORT=str(self._wall_port.number))

    @property
    def url(self) -> str:
        """Of the wall."""
        return f"http://127.0.0.1:{self._wall_port.number}/"

    def start(self) -> None:
        """Start everything, the simulated city too."""
        super().start()
        self.ours["wall"] = self._program("wall", ours(["wall"]))
        self.ours["wall"].start()
        self.city = self.simulate(*self._simulated, seed=1)

    def part(self, name: str) -> Running:
        """Return one of `PARTS`."""
        return self.ours[name] if name in self.ours else self.engines.all[name]

    def tend(self, resting: str = "") -> None:
        """Start our programs that ended by themselves, as the supervisor would."""
        for name, one in self.ours.items():
            if name != resting and not one.is_running():
                one.launch()

    def stop(self) -> None:
        """End everything."""
        self.city.stop()
        super().stop()
