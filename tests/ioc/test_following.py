"""Programs follow the registry while they run: gateway, worker and wall, none started again."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import urllib.request

import psycopg
import pytest

from benchmarks.running import free_port
from devices import SourceError, catalogue, record
from devices.record import Pack, Record, columns
from ioc import health, settings, sheets
from ioc.catalogue_source import DatabaseCatalogue, DatabaseRules, at_start, rules_at_start
from rules.digest import digest_of
from rules.language import parse
from storage import registry, rule_versions
from storage.database import Database
from streams.sink import Sink
from streams.stretch import Entry
from tests.ioc.test_quarantine import NARROW, ROOT, RULE_TEXTS, Site, level, wait_until
from tests.small_city import BRIDGE, LOCK, PONDING, RAIN, SPEED, TEXTS

NOON = 1_790_000_000_000_000


@pytest.fixture
def site(own_mqtt_broker, kafka, own_database_url, tmp_path) -> Site:
    one = Site(tmp_path, own_mqtt_broker, kafka.bootstrap, own_database_url)
    assert one.run("db", "migrate").returncode == 0
    # The city as it will be; slots are left to the import.
    text = TEXTS["datastreams.csv"]
    for slot in (SPEED, PONDING, RAIN):
        text = text.replace(f"\n{slot},", "\n,")
    sheets.write_folder(tmp_path / "new", {**TEXTS, "datastreams.csv": text})
    return one


def catalogue_of(site, name):
    """Return the digest of the catalogue that a program tells of itself."""
    beat = health.read(site.folder / "var" / "run", name)
    return beat.facts.get("catalogue") if beat else None


def in_force(site):
    ((digest,),) = site.query("SELECT sha256 FROM registry_version ORDER BY version DESC LIMIT 1")
    return digest[:12]


def test_an_imported_datastream_is_stored_without_a_restart(site):
    with site.program("gateway") as gateway, site.program("worker") as worker:
        site.publish(("gw-bridge", 0, [level(1.0)]))
        wait_until(lambda: site.readings() == [(BRIDGE, 1.0)], "it flows", site)
        imported = site.json("devices", "import", str(site.folder / "new"))
        assert {one["kind"] for one in imported["changes"]} == {"added"}
        wait_until(lambda: catalogue_of(site, "gateway") == in_force(site), "reloaded", site)
        # The worker is not waited for: what it does not know yet it must ask for.
        site.publish(
            ("gw-road", 0, [level(50, "radar/speed"), level(0.2, "camera/ponding")]),
            ("gw-bridge", 1, [level(2.0), level(1.5, "bridge-gauge/rain_1h")]),
        )
        wanted = [(BRIDGE, 1.0), (BRIDGE, 2.0), (SPEED, 50.0), (PONDING, 0.2), (RAIN, 1.5)]
        wait_until(lambda: len(site.readings()) == len(wanted), "all stored", site)
        assert site.readings() == wanted
        assert site.query("SELECT count(*)::int FROM quarantine") == [(0,)]
        assert (gateway.poll(), worker.poll()) == (None, None)
    # Also a program that begins while the database is away knows what was imported.
    chosen = {name: value for name, value in site.environment.items() if name.startswith("IOC_")}
    away = settings.load({**chosen, "IOC_DATABASE_URL": "postgresql://ioc@127.0.0.1:1/ioc"})
    assert at_start(away).digest[:12] == in_force(site)
    (site.folder / "var" / "registry.json").unlink()
    assert at_start(away).digest == catalogue.build(NARROW).digest


def test_what_waited_is_released_after_the_device_was_adopted(site):
    with site.program("gateway"), site.program("worker"):
        site.publish(("gw-bridge", 0, [level(1.0), level(7.5, "A110/rainfall", u="mm")]))
        wait_until(
            lambda: site.query("SELECT count(*)::int FROM quarantine") == [(1,)], "refused", site
        )
        wait_until(
            lambda: site.query("SELECT device FROM contact") == [("A110",)], "introduced", site
        )
        told = site.run("devices", "adopt", "gw-bridge", "A110", "--as", "bridge-rain")
        assert told.returncode == 0, told.stderr
        command = told.stdout.strip().rpartition("released by: ioc ")[2].split()
        released = site.run(*command)
        assert "1 readings of 1 rows released and stored" in released.stdout, released.stderr
        assert site.readings() == [(BRIDGE, 1.0), (2, 7.5)]
        wait_until(lambda: catalogue_of(site, "gateway") == in_force(site), "reloaded", site)
        site.publish(("gw-bridge", 1, [level(8.5, "A110/rainfall", u="mm")]))
        wait_until(lambda: (2, 8.5) in site.readings(), "and what comes is stored", site)


def test_the_wall_shows_what_was_imported_without_a_restart(site):
    port = free_port("wall.port").number
    site.environment["IOC_WALL_PORT"] = str(port)

    def drawn():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/wall/atlas.json") as answer:
                return [one["id"] for one in json.load(answer)["devices"]]
        except OSError:
            return []

    with (site.folder / "wall.log").open("ab") as log:
        process = subprocess.Popen(
            site.command("wall"), cwd=ROOT, env=site.environment, stdout=log, stderr=log
        )
        try:
            wait_until(drawn, "the wall is open", site)
            assert "radar" not in drawn()
            site.json("devices", "import", str(site.folder / "new"))
            wait_until(lambda: "radar" in drawn(), "it shows the radar", site)
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.wait()


class Follower:
    """A sink with the real source, which can be told whom to ask."""

    def __init__(self, url: str, folder) -> None:
        chosen = {"IOC_DATABASE_URL": url, "IOC_DATA_DIR": str(folder)}
        self.right = settings.load(chosen)
        self.away = settings.load(
            {**chosen, "IOC_DATABASE_URL": "postgresql://ioc@127.0.0.1:1/ioc"}
        )
        self.source = DatabaseCatalogue(self.right)
        self.store = Database(url)
        self.pauses: list[float] = []
        first = parse(RULE_TEXTS, catalogue.build(NARROW))
        self.rules = DatabaseRules(self.right, self.source, RULE_TEXTS)
        self.sink = Sink(first, self.store, "log-1", self.log, self.sleep, self)

    async def newer(self, rule_set):
        return await self.rules.newer(rule_set)

    async def log(self):
        return "log-1"

    async def sleep(self, pause_s):
        """The database comes back while the sink waits."""
        self.pauses.append(pause_s)
        await self.ask(self.right)

    async def ask(self, whom):
        await self.rules.close()
        self.source = DatabaseCatalogue(whom)
        self.rules = DatabaseRules(whom, self.source, RULE_TEXTS)

    async def close(self):
        await self.rules.close()
        await self.store.close()


def entry(offset, *rows):
    batch = columns([(slot, NOON + offset * 1_000_000, value, 0) for slot, value in rows])
    pack = Pack("gw-bridge", "b", offset, len(rows), "gw-0:x", 10)
    return {("observations", 1): [Entry(offset, record.encode(Record(batch, (pack,))), NOON)]}


async def imported(url, expected, texts):
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await registry.put(connection, expected, texts, "ann", "")


async def activated(url, expected, texts):
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await rule_versions.put(connection, expected, texts, "ann", "")


def stored(url):
    with psycopg.connect(url) as connection:
        return (
            connection.execute("SELECT datastream, result FROM reading ORDER BY 2").fetchall(),
            connection.execute("SELECT detail FROM quarantine").fetchall(),
            connection.execute("SELECT kind FROM alert_transition ORDER BY version").fetchall(),
        )


def test_a_slot_that_the_sink_does_not_know_is_asked_for_before_it_is_judged(
    own_database_url, tmp_path
):
    async def run():
        one = Follower(own_database_url, tmp_path)
        try:
            await imported(own_database_url, 0, NARROW)
            await one.sink.store(entry(0, (BRIDGE, 3.9)))  # an alert begins under the old city
            await imported(own_database_url, 1, TEXTS)
            await one.ask(one.away)
            # It asked a moment ago and is not due; the database it would ask is away at first.
            await one.sink.store(entry(1, (BRIDGE, 1.0), (RAIN, 1.5)))
            await one.sink.store(entry(2, (99, 7.0)))  # which nobody knows
            return one.pauses, one.sink.catalogue
        finally:
            await one.close()

    pauses, digest = asyncio.run(run())
    assert len(pauses) == 1
    assert digest == catalogue.build(TEXTS).digest
    readings, refused, kinds = stored(own_database_url)
    assert readings == [(BRIDGE, 1.0), (RAIN, 1.5), (BRIDGE, 3.9)]
    assert [detail for (detail,) in refused] == ["#99: slot 99 is not in this catalogue of 5"]
    assert kinds == [("raised",)]  # its off-delay of 60 s is not over: the memory was kept


def test_an_alert_of_a_datastream_that_is_retired_is_withdrawn(own_database_url, tmp_path):
    async def run():
        one = Follower(own_database_url, tmp_path)
        try:
            await imported(own_database_url, 0, NARROW)
            await one.sink.store(entry(0, (LOCK, 2.5)))
            text = NARROW["datastreams.csv"].replace("limits\n", "limits,retired\n")
            text = text.replace("warning=2.00", "warning=2.00,yes")
            await imported(own_database_url, 1, {**NARROW, "datastreams.csv": text})
            one.sink._look_due = 0.0
            await one.sink.store(entry(1, (BRIDGE, 1.0)))
        finally:
            await one.close()

    asyncio.run(run())
    assert stored(own_database_url)[2] == [("raised",), ("withdrawn",)]


def test_rules_that_do_not_fit_leave_the_old_ones_in_force(own_database_url, tmp_path):
    async def run():
        one = Follower(own_database_url, tmp_path)
        try:
            text = NARROW["datastreams.csv"].replace("warning=3.80 guaranteed=4.60", "")
            wanted = {**NARROW, "datastreams.csv": text.replace("warning=2.00", "")}
            await imported(own_database_url, 0, wanted)
            await one.sink.store(entry(0, (BRIDGE, 3.9)))
            first = one.sink.catalogue
            await imported(own_database_url, 1, TEXTS)
            one.sink._look_due = 0.0
            await one.sink.store(entry(1, (RAIN, 1.0)))
            return first, one.sink.catalogue
        finally:
            await one.close()

    first, second = asyncio.run(run())
    assert (first, second) == (catalogue.build(NARROW).digest, catalogue.build(TEXTS).digest)
    assert stored(own_database_url)[0] == [(RAIN, 1.0), (BRIDGE, 3.9)]


HIGHER = {"rules.yaml": RULE_TEXTS["rules.yaml"].replace("version: 3", "version: 4").replace(
    "{limit: warning}", "{limit: warning, plus: 0.5}")}  # fmt: skip


def judged_by(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT rules, count(*) FROM engine_input GROUP BY 1").fetchall()


def test_rules_that_were_activated_judge_from_the_next_stretch_on(own_database_url, tmp_path):
    async def run():
        one = Follower(own_database_url, tmp_path)
        try:
            await imported(own_database_url, 0, NARROW)
            await one.sink.store(entry(0, (BRIDGE, 3.9)))  # above the limit as it was
            await activated(own_database_url, 0, HIGHER)
            one.sink._look_due = 0.0
            await one.sink.store(entry(1, (LOCK, 2.4)))  # below the limit as it is
            await activated(own_database_url, 1, {"rules.yaml": "rules: [{id: wrong}]"})
            one.sink._look_due = 0.0
            await one.sink.store(entry(2, (LOCK, 2.45)))  # the old ones go on
            await imported(own_database_url, 1, TEXTS)
            await activated(own_database_url, 2, RULE_TEXTS)
            one.sink._look_due = 0.0
            await one.sink.store(entry(3, (LOCK, 2.45), (RAIN, 1.0)))
            return one.sink.catalogue
        finally:
            await one.close()

    assert asyncio.run(run()) == catalogue.build(TEXTS).digest
    assert sorted(judged_by(own_database_url)) == sorted(
        [(digest_of(RULE_TEXTS), 2), (digest_of(HIGHER), 2)]
    )
    with psycopg.connect(own_database_url) as connection:
        alerts = connection.execute(
            "SELECT subject, rule_version, active FROM alert ORDER BY raised"
        ).fetchall()
    assert alerts == [
        ("bridge-gauge/water_level", 3, True), ("lock-gauge/water_level", 3, True),
    ]  # fmt: skip


def test_a_worker_begins_with_the_rules_in_force(own_database_url, tmp_path):
    one = Follower(own_database_url, tmp_path)
    files = {"IOC_CITY": str(tmp_path / "city")}
    right, away = (
        settings.load({"IOC_DATABASE_URL": url, "IOC_DATA_DIR": str(tmp_path), **files})
        for url in (own_database_url, one.away.database_url)
    )
    (tmp_path / "city" / "rules").mkdir(parents=True)
    (tmp_path / "city" / "rules" / "rules.yaml").write_text(RULE_TEXTS["rules.yaml"])
    from_files = {"rules/rules.yaml": RULE_TEXTS["rules.yaml"]}
    assert rules_at_start(right) == rules_at_start(away) == from_files
    asyncio.run(activated(own_database_url, 0, HIGHER))
    assert rules_at_start(away) == from_files
    assert rules_at_start(right) == HIGHER
    assert rules_at_start(away) == HIGHER  # as it last was known


def test_a_database_that_is_away_or_empty_is_told_apart(own_database_url, tmp_path):
    async def run():
        one = Follower(own_database_url, tmp_path)
        try:
            assert await one.source.newer("") is None
            await one.ask(one.away)
            with pytest.raises(SourceError):
                await one.source.newer("")
        finally:
            await one.close()

    asyncio.run(run())
