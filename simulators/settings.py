"""What the operator may choose about the simulated city."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulators.protocols import FASTEST
from simulators.scenario import NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """Settings of `ioc simulate`; checked when built."""

    mqtt_host: str = "127.0.0.1"
    """Host of the MQTT broker."""

    mqtt_port: int = 1883
    """Port of the broker's MQTT 5 listener, 1–65535."""

    seed: int = 1
    """Which city of all possible ones: 0–2⁶³−1. The same seed gives the same day."""

    speed: float = 1.0
    """City seconds in one second of the wall clock, 0.01–2000. Readings are taken as often as
    the city's clock asks for and stamped with the wall clock."""

    scenario: str | None = None
    """Name of a scenario of `simulators.scenario`, or None for an ordinary day."""

    scenario_town: str = "luotang"
    """Id of the town that the scenario happens in."""

    dirt: float = 0.0005
    """Share of readings after which a bad one follows, 0–0.5: so that the quarantine lives."""

    send_interval_s: float = 0.25
    """A gateway collects its readings for this long and sends one pack, 0.05–60 wall seconds."""

    in_flight: int = 20
    """Packs one connection sends ahead of their acknowledgements, 1–1000. 20 is what Mosquitto
    takes."""

    protocols: str = "senml"
    """What devices speak: `senml`, or `mixed`: HJ 212, ThingsBoard JSON and SenML in CBOR too, by
    kind of device (`simulators.protocols`); at a speed of 400 at most."""

    journal: Path | None = None
    """File that everything sent is written to before it leaves, for `ioc ledger`; None: no such
    file. Later runs may add to the same one."""

    def __post_init__(self) -> None:
        """Check every bound.

        Raises:
            ValueError: a setting is out of its bounds.
        """
        for name, low, high in (
            ("mqtt_port", 1, 65535),
            ("seed", 0, 2**63 - 1),
            ("speed", 0.01, 2000),
            ("dirt", 0, 0.5),
            ("send_interval_s", 0.05, 60),
            ("in_flight", 1, 1000),
        ):
            value = getattr(self, name)
            if not low <= value <= high:  # also false for NaN
                raise ValueError(f"simulator.{name} is {value:g}; it must be {low:g} to {high:g}")
        if not self.mqtt_host:
            raise ValueError("simulator.mqtt_host is empty; name the broker's host")
        if self.protocols not in ("senml", "mixed"):
            raise ValueError(
                f"simulator.protocols is {self.protocols!r}; it must be senml or mixed"
            )
        if self.protocols == "mixed" and self.speed > FASTEST:
            raise ValueError(
                f"simulator.speed is {self.speed:g}; with mixed protocols it must be at most "
                f"{FASTEST:g}, for HJ 212 tells time by the second"
            )
        if self.scenario is not None and self.scenario not in NAMES:
            raise ValueError(
                f"simulator.scenario is {self.scenario!r}; it must be one of {', '.join(NAMES)}"
            )
