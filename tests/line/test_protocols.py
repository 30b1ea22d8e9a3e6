"""Every protocol through the whole line, from the broker to the database and back."""

from __future__ import annotations

import io
import socket
import time
from contextlib import contextmanager

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from PIL import Image

from benchmarks.running import free_port
from devices import Quality
from ingest.codecs import Event, gb28181_encode, hj212_encode, sl651_encode, sparkplug_encode
from ingest.codecs.hj212_frame import frame
from ingest.codecs.hj212_time import clock
from ingest.codecs.sl651_stream import Framer
from ingest.codecs.sparkplug_encode import Metric
from tests.ioc.test_quarantine import Site, wait_until
from tests.small_city import TEXTS

MN, STATION, CAMERA = "010000A8900016F000169DC0", "0010100001", "34020000001320000001"
SL651 = bytes.fromhex(
    "7E7E010010100001A00032002B02000C200724172349F1F1001010000148F0F02007241723201900013022190000"
    "4039230000055038121268038397"
)
"""A report of 2020-07-24 17:23: level 0.550 m, battery 12.68 V, rain today 13.0 mm."""

CITY = {
    **TEXTS,
    "gateways.csv": TEXTS["gateways.csv"]
    + "thingsboard,lock,物联网关,ThingsBoard gateways\nwater/node-1,lock,泵站节点,Pump node\n",
    "devices.csv": f"""id,gateway,place,kind,name_zh,name_en,field_id,vendor
bridge-gauge,gw-bridge,bridge,water_gauge,大桥水位计,Bridge gauge,{STATION},
bridge-lab,gw-bridge,bridge,water_quality_station,大桥水质站,Bridge laboratory,{MN},Acme
lock-gauge,thingsboard,lock,water_gauge,船闸水位计,Lock gauge,Device A,
pump,water/node-1,lock,pump,水泵,Pump,water/node-1/pump,
camera,gw-road,road,camera,大路摄像机,Road camera,{CAMERA},
""",
    "datastreams.csv": "slot,id,device,observed_property,statistic,period_s,physical_min,"
    """physical_max,limits,field_code
0,bridge-gauge/water_level,bridge-gauge,water_level,,60,-1,10,warning=3.80 guaranteed=4.60,
1,lock-gauge/water_level,lock-gauge,water_level,,60,-1,10,warning=2.00,level
2,bridge-lab/ph,bridge-lab,ph,,60,0,14,,
3,bridge-lab/cod:mean_1h,bridge-lab,cod,mean_1h,3600,0,500,,
4,pump/flow,pump,flow,,60,-50,500,,Flow
""",
}
GAUGE, LOCK, PH, COD, FLOW = range(5)


@pytest.fixture
def site(own_mqtt_broker, kafka, own_database_url, tmp_path) -> Site:
    one = Site(tmp_path, own_mqtt_broker, kafka.bootstrap, own_database_url)
    one.write_city(CITY)
    assert one.run("db", "migrate").returncode == 0
    return one


@contextmanager
def field(site):
    """A device's connection: publishes, and keeps what is answered."""
    heard: list[tuple[str, bytes]] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "field", protocol=mqtt.MQTTv5)
    client.on_message = lambda _client, _data, one: heard.append((one.topic, bytes(one.payload)))
    ready: list[int] = []
    client.on_subscribe = lambda *_: ready.append(1)
    client.connect(site.broker.host, site.broker.number)
    client.loop_start()
    client.subscribe([("down/#", 1), ("spBv1.0/+/NCMD/+", 1)])
    wait_until(lambda: ready, "subscribed", site)

    def publish(topic, payload):
        client.publish(topic, payload, qos=1).wait_for_publish(30)

    try:
        yield publish, heard
    finally:
        client.disconnect()
        client.loop_stop()


def readings(site, slot):
    return site.query(
        "SELECT result, quality::int FROM reading WHERE datastream = %s ORDER BY phenomenon_time",
        slot,
    )


def hj212(cn, factors, at_us, mn=MN):
    upload = hj212_encode.Upload(cn, at_us, at_us, factors)
    return hj212_encode.encode(hj212_encode.Sender(mn, "32"), upload)


def now_us():
    return int(time.time()) * 1_000_000


def test_hj212_is_stored_answered_and_its_deviations_counted(site):
    at_us = now_us()
    (upload,) = hj212("2011", [hj212_encode.Reported("w01001", {"Rtd": 7.1})], at_us)
    with site.program("gateway"), site.program("worker"), field(site) as (publish, heard):
        publish("up/gw-bridge/hj212", upload)
        wait_until(lambda: readings(site, PH) == [(7.1, Quality.GOOD)], "stored", site)
        wait_until(lambda: heard, "answered", site)
        ((topic, answer),) = heard
        assert topic == "down/gw-bridge/hj212"
        assert b"CN=9014" in answer
        hurt = upload[:-6] + (b"0000" if upload[-6:-2] != b"0000" else b"0001") + b"\r\n"
        publish("up/gw-bridge/hj212", hurt.replace(b"Rtd=7.1", b"Rtd=7.2"))
        stranger = hj212("2011", [hj212_encode.Reported("w01001", {"Rtd": 7.0})], at_us, "A1")
        publish("up/gw-bridge/hj212", stranger[0])
        wait_until(
            lambda: site.query("SELECT device FROM contact") == [("A1",)], "introduced", site
        )
        assert readings(site, PH)[1] == (7.2, Quality.SUSPECT)
        assert len(heard) == 2  # the hurt frame is not answered, the stranger is
        found = site.json("devices", "conformance")
    devices = {one["device"]: one for one in found["devices"]}
    lab = devices["bridge-lab"]
    assert (lab["messages"], lab["deviant"], lab["score"], lab["vendor"]) == (2, 1, 50.0, "Acme")
    assert "crc-mismatch" in lab["findings"]
    assert devices["A1"]["known"] is False


def test_hj212_in_two_packets_is_one_message(site):
    at_us = now_us() // 3_600_000_000 * 3_600_000_000 - 3_600_000_000
    sender = hj212_encode.Sender(MN, "32")
    data = (f"DataTime={clock(at_us, 480)};w01001-Avg=7.5,w01001-Flag=N", "w01018-Avg=40.1")
    packets = [
        frame(hj212_encode.segment(sender, "2061", now_us(), 7, one, (2, number)))
        for number, one in enumerate(data, start=1)
    ]
    with site.program("gateway"), site.program("worker"), field(site) as (publish, _):
        for one in reversed(packets):
            publish("up/gw-bridge/hj212", one)
        wait_until(lambda: readings(site, COD) == [(40.1, Quality.GOOD)], "stored", site)
    ((time_us,),) = site.query(
        "SELECT (extract(epoch FROM phenomenon_time) * 1000000)::bigint FROM reading "
        "WHERE datastream = %s",
        COD,
    )
    assert time_us == at_us


def test_sl651_over_tcp_is_stored_and_answered_on_the_connection(site):
    port = free_port().number
    site.environment["IOC_GATEWAY_TCP"] = f"sl651:{port}"
    with site.program("gateway"), site.program("worker"):
        with socket.create_connection(("127.0.0.1", port), 30) as line:
            line.settimeout(30)
            line.sendall(b"garbage" + SL651[:20])
            time.sleep(0.1)  # two reads
            line.sendall(SL651[20:])
            answer = line.recv(1000)
        assert answer.startswith(bytes.fromhex("7E7E001010000101"))
        wait_until(lambda: readings(site, GAUGE), "stored", site)
    # Six years old: true then, no news now.
    assert readings(site, GAUGE) == [(pytest.approx(0.55), Quality.LATE)]


def test_sl651_in_packets_is_one_message_and_answered_once(site):
    at_us = now_us() // 60_000_000 * 60_000_000
    elements = [sl651_encode.Reported(0x38, (12.6,)), sl651_encode.Reported(0x39, (3.85,))]
    report = sl651_encode.Report(STATION, 0x32, at_us, at_us, elements)
    packets = Framer().feed(sl651_encode.encode(report, packet_bytes=14))
    with site.program("gateway"), site.program("worker"), field(site) as (publish, heard):
        for one in packets:
            publish("up/gw-bridge/sl651", one)
        wait_until(
            lambda: readings(site, GAUGE) == [(pytest.approx(3.85), Quality.GOOD)], "stored", site
        )
        wait_until(lambda: heard, "answered", site)
        ((topic, answer),) = heard
    assert topic == "down/gw-bridge/sl651"
    assert answer.startswith(bytes.fromhex("7E7E001010000101"))


def test_thingsboard_verbatim(site):
    payload = b'{"Device A":[{"ts":%d,"values":{"level":1.42}}]}' % (now_us() // 1000)
    with site.program("gateway"), site.program("worker"), field(site) as (publish, _):
        publish("v1/gateway/telemetry", payload)
        wait_until(lambda: readings(site, LOCK) == [(1.42, Quality.GOOD)], "stored", site)


def test_sparkplug_asks_for_a_birth_and_knows_aliases_from_then_on(site):
    at_ms = now_us() // 1000
    node, device = "spBv1.0/water/{}/node-1", "spBv1.0/water/{}/node-1/pump"
    data = [Metric(value=12.5, alias=7, time_ms=at_ms)]
    with site.program("gateway"), site.program("worker"), field(site) as (publish, heard):
        publish(device.format("DDATA"), sparkplug_encode.encode(data, at_ms, 3))
        wait_until(lambda: heard, "asked for a rebirth", site)
        assert heard[0][0] == "spBv1.0/water/NCMD/node-1"
        publish(
            node.format("NBIRTH"),
            sparkplug_encode.encode([sparkplug_encode.birth_or_death(0, at_ms)], at_ms, 0),
        )
        born = [Metric("Flow", 1.5, alias=7, time_ms=at_ms + 1, unit="m3/s")]
        publish(device.format("DBIRTH"), sparkplug_encode.encode(born, at_ms + 1, 1))
        later = [Metric(value=12.5, alias=7, time_ms=at_ms + 2)]
        publish(device.format("DDATA"), sparkplug_encode.encode(later, at_ms + 2, 2))
        good = [(1.5, Quality.GOOD), (12.5, Quality.GOOD)]
        wait_until(lambda: readings(site, FLOW) == good, "stored", site)
        kinds = [one for (one,) in site.query("SELECT kind FROM event ORDER BY id")]
    assert kinds.count("online") == 2


def test_a_camera_alarm_and_its_picture(site):
    picture = io.BytesIO()
    Image.new("RGB", (320, 240), "navy").save(picture, "JPEG")
    alarm = Event(CAMERA, "intrusion", now_us(), 2, {"lon": 120.11, "lat": 32.41})
    with site.program("gateway"), site.program("worker"), field(site) as (publish, _):
        publish("up/gw-road/gb28181", gb28181_encode.encode(alarm))
        publish("up/gw-road/snapshot/night-1", picture.getvalue())
        wait_until(
            lambda: (
                site.query("SELECT device, kind, priority::int FROM event")
                == [("camera", "intrusion", 2)]
            ),
            "event",
            site,
        )
        wait_until(
            lambda: (
                site.query("SELECT gateway, id, width, height FROM snapshot")
                == [("gw-road", "night-1", 320, 240)]
            ),
            "picture",
            site,
        )
