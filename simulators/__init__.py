"""A city with known truth: publishes every datastream of a catalogue through real MQTT.

The city itself is pure: the same seed and the same city time give the same values, so a test can
ask what the sensors must have said. Only `publisher` and `connection` touch a network or a clock.
Knows no rule, no database and no page: from the line's point of view it is the field. A change
here changes what demonstrations and tests of the whole line see, never what the line does.
"""

from simulators.settings import SimulatorSettings

__all__ = ["SimulatorSettings"]
