"""Each setting out of its bounds, with the message the operator reads."""

import pytest

from simulators import SimulatorSettings


def test_the_defaults_are_an_ordinary_day_at_its_own_pace():
    settings = SimulatorSettings()
    assert settings.speed == 1.0
    assert settings.scenario is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"speed": 0}, "simulator.speed is 0; it must be 0.01 to 2000"),
        ({"speed": float("nan")}, "simulator.speed is nan; it must be 0.01 to 2000"),
        ({"mqtt_port": 70_000}, "simulator.mqtt_port is 70000; it must be 1 to 65535"),
        ({"seed": -1}, "simulator.seed is -1; it must be 0 to 9.22337e+18"),
        ({"dirt": 0.6}, "simulator.dirt is 0.6; it must be 0 to 0.5"),
        ({"send_interval_s": 0.01}, "simulator.send_interval_s is 0.01; it must be 0.05 to 60"),
        ({"in_flight": 0}, "simulator.in_flight is 0; it must be 1 to 1000"),
        ({"mqtt_host": ""}, "simulator.mqtt_host is empty; name the broker's host"),
        ({"protocols": "hj212"}, "simulator.protocols is 'hj212'; it must be senml or mixed"),
        (
            {"protocols": "mixed", "speed": 500},
            "simulator.speed is 500; with mixed protocols it must be at most 400, "
            "for HJ 212 tells time by the second",
        ),
        (
            {"scenario": "typhoon"},
            "simulator.scenario is 'typhoon'; it must be one of cloudburst",
        ),
    ],
)
def test_each_bound_is_told(given, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- compared in full below
        SimulatorSettings(**given)
    assert str(caught.value) == message
