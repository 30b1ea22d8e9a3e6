"""The publisher against a real broker: every pack arrives, in order, and is counted rightly."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter, defaultdict

import pytest

from devices import DOMAINS
from ingest.codecs import Heard, senml
from ingest.judge import Judge
from simulators import SimulatorSettings, dirt
from simulators.publisher import Publisher


class Running:
    """A publisher in a thread of its own."""

    def __init__(self, catalogue, **settings):
        self.facts = []
        self._stop = threading.Event()
        self.publisher = Publisher(
            catalogue, SimulatorSettings(**settings), self.facts.append, self._stop
        )
        self._thread = threading.Thread(target=self.publisher.publish)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        return self.facts[-1]

    def acknowledged(self):
        return self.facts[-1]["acknowledged"]["packs"] if self.facts else 0


@pytest.fixture
def start(jiangyan, own_mqtt_broker):
    running = []

    def start(**settings):
        one = Running(jiangyan, mqtt_port=own_mqtt_broker.part.port.number, **settings)
        running.append(one)
        return one

    yield start
    for one in running:
        one.stop()


def test_packs_arrive_gapless_per_gateway_and_boot_and_hold_what_was_counted(
    jiangyan, listener, start, wait_until
):
    running = start(speed=100, dirt=0.01, seed=5)
    wait_until(lambda: running.acknowledged() > 400, "400 acknowledged packs")
    facts = running.stop()
    wait_until(lambda: len(listener.messages) >= facts["published"]["packs"], "the last pack")
    now_us = time.time_ns() // 1000

    assert facts["acknowledged"] == facts["published"]
    assert facts["refused_packs"] == facts["unacknowledged_packs"] == 0
    assert len(listener.messages) == facts["published"]["packs"]
    seqs = defaultdict(list)
    for gateway, boot, seq in listener.identities():
        seqs[gateway, boot].append(seq)
    assert {boot for _, boot in seqs} == {running.publisher.boot}
    assert {gateway for gateway, _ in seqs} == set(jiangyan.gateways)
    assert all(seq == list(range(len(seq))) for seq in seqs.values())

    judge = Judge(jiangyan, 0)
    readings, spoilt = Counter(), Counter()
    reasons = {reason: kind for kind, reason in dirt.REASON.items()}
    for message in listener.messages:
        _, gateway, codec = message.topic.split("/")
        assert codec == "senml"
        assert message.qos == 1
        told = senml.decode(message.payload, Heard(received_us=now_us))
        if told.unusable:
            spoilt["malformed"] += 1
            continue
        judged = judge.judge(gateway, told.measurements, now_us)
        readings.update(DOMAINS[domain] for domain in jiangyan.domain[judged.batch.datastream])
        for one in judged.refused:
            spoilt[reasons[one.reason]] += one.readings
    assert readings == Counter(facts["published"]["readings"])
    assert spoilt == +Counter(facts["published"]["dirt"])
    assert spoilt.total() == sum(facts["published"]["dirt_domains"].values()) > 0


def test_phenomenon_times_lie_between_start_and_now_whatever_the_speed(
    jiangyan, listener, start, wait_until
):
    began_us = time.time_ns() // 1000
    running = start(speed=500, dirt=0)
    wait_until(lambda: len(listener.messages) > 300, "300 packs")
    running.stop()
    ended_us = time.time_ns() // 1000
    for message in listener.messages:
        told = senml.decode(message.payload, Heard(received_us=ended_us)).measurements
        for moment_us in told.time_us.tolist():
            assert began_us <= moment_us <= ended_us


def test_two_runs_have_two_boots_and_count_from_zero(listener, start, wait_until):
    boots = []
    for _ in range(2):
        running = start(speed=50)
        wait_until(lambda one=running: one.acknowledged() > 0, "an acknowledged pack")
        boots.append(running.publisher.boot)
        facts = running.stop()
        wait_until(
            lambda boot=running.publisher.boot, n=facts["acknowledged"]["packs"]: (
                sum(one[1] == boot for one in listener.identities()) >= n
            ),
            "the last pack",
        )
    assert len(set(boots)) == 2
    firsts = {}
    for gateway, boot, seq in listener.identities():
        firsts.setdefault((gateway, boot), seq)
    assert set(firsts.values()) == {0}


def test_a_broker_that_dies_with_what_it_had_taken_loses_nothing(
    own_mqtt_broker, listener, start, wait_until
):
    running = start(speed=100, dirt=0)
    wait_until(lambda: running.acknowledged() > 100, "100 acknowledged packs")
    # The broker takes packs and nobody answers: it keeps them in memory and dies with them.
    listener.is_silent = True
    wait_until(lambda: running.facts[-1]["unacknowledged_packs"] > 500, "the windows to be full")
    own_mqtt_broker.kill()
    wait_until(lambda: running.facts[-1]["connected"] == 0, "the publisher to notice")
    listener.messages = list(listener.answered)  # of the others nobody knows any more
    listener.is_silent = False
    own_mqtt_broker.start()
    listener.await_subscription(2)
    before = running.acknowledged()
    wait_until(lambda: running.acknowledged() > before + 500, "500 packs after the return")
    facts = running.stop()

    # A stop waits for the last answers only for a moment: on a busy machine some are missing.
    missing = facts["published"]["packs"] - facts["acknowledged"]["packs"]
    assert missing == facts["unacknowledged_packs"]
    assert facts["sent_again_packs"] > 0
    by_gateway = defaultdict(dict)
    for gateway, _, seq in listener.identities():
        by_gateway[gateway].setdefault(seq)
    for seqs in by_gateway.values():  # in the order of first arrival
        assert list(seqs) == list(range(len(seqs)))


def test_nobody_answering_holds_the_city_back_instead_of_dropping(
    own_mqtt_broker, listener, start, wait_until
):
    own_mqtt_broker.kill()
    running = start(speed=500, dirt=0)
    wait_until(lambda: running.facts and running.facts[-1]["behind_s"] > 2, "the city to be held")
    held = running.facts[-1]
    assert held["acknowledged"]["packs"] == 0
    # The clock stands, so the count of waiting packs does too.
    wait_until(lambda: running.facts[-1]["behind_s"] > held["behind_s"] + 0.9, "another second")
    assert running.facts[-1]["unacknowledged_packs"] == held["unacknowledged_packs"]
    own_mqtt_broker.start()
    wait_until(lambda: running.facts[-1]["acknowledged"]["packs"] > 0, "the first acknowledgement")
    wait_until(lambda: running.facts[-1]["behind_s"] < 1.5, "the city to catch up", within_s=40)
    facts = running.stop()
    assert facts["acknowledged"] == facts["published"]
    assert facts["published"]["packs"] > held["unacknowledged_packs"]


PROGRAM = """
    import json, sys
    from pathlib import Path
    from devices.catalogue import FILES, build
    from simulators import SimulatorSettings
    from simulators.publisher import run
    city = Path("cities/jiangyan")
    catalogue = build({name: (city / name).read_text(encoding="utf-8") for name in FILES})
    settings = SimulatorSettings(mqtt_port=int(sys.argv[1]), speed=50)
    run(catalogue, settings, lambda facts: print(json.dumps(facts), flush=True))
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("answers", [True, False], ids=["with_broker", "without_broker"])
def test_a_signal_ends_the_program_with_zero(own_mqtt_broker, how, answers):
    if not answers:
        own_mqtt_broker.kill()
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(own_mqtt_broker.part.port.number)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with program:
        while '"boot"' not in program.stdout.readline():
            assert program.poll() is None
        os.kill(program.pid, how)
        program.communicate(timeout=20)
    assert program.returncode == 0
