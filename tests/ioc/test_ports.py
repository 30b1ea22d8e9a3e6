"""A busy port is told with its holder and with the setting that moves ours."""

from __future__ import annotations

import os
import socket

import psutil

from ioc import ports
from ioc.parts import Launch, Part, Port
from tests.conftest import free_port


def _part(port: Port) -> Part:
    return Part("mqtt", lambda: Launch(["true"]), port=port)


def test_busy_port_names_holder_setting_and_variable():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        number = holder.getsockname()[1]
        told = ports.busy([_part(Port("127.0.0.1", number, "mqtt.port"))])
    me = psutil.Process().name()
    assert told == [
        f"mqtt: port {number} of 127.0.0.1 is taken by {me} (pid {os.getpid()}); stop that, "
        "or move ours: mqtt.port in ioc.toml, or IOC_MQTT_PORT"
    ]


def test_free_port_is_not_mentioned():
    assert ports.busy([_part(free_port()), Part("worker", lambda: Launch(["true"]))]) == []


def test_address_of_another_machine_is_told():
    (told,) = ports.busy([_part(Port("192.0.2.1", 1883, "mqtt.port"))])
    assert "has an address that is not of this machine; correct the host" in told
