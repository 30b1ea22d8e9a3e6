"""`ioc rules` as an operator uses it, on a real database."""

from __future__ import annotations

import pytest

from ioc import sheets
from rules.digest import digest_of
from tests.ioc.test_devices import Desk
from tests.small_city import RULES


class RuleDesk(Desk):
    """A desk with rules in its city and in a folder beside it."""

    def __init__(self, folder, url) -> None:
        super().__init__(folder, url)
        self.beside = folder / "beside"
        sheets.write_folder(self.beside, RULES)

    def rules(self, *words, code=0):
        return self.run("rules", *words, code=code)

    def rewrite(self, before, after, folder=None) -> None:
        file = (folder or self.beside) / "rules.yaml"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")

    def raise_level(self, folder=None) -> None:
        """Change the rule `level`, and its version with it."""
        self.rewrite("hysteresis: 0.05", "hysteresis: 0.06", folder)
        self.rewrite("version: 3", "version: 4", folder)

    def in_force(self):
        return self.query("SELECT version, actor, note FROM rule_version ORDER BY 1")


@pytest.fixture
def desk(own_database_url, tmp_path) -> RuleDesk:
    return RuleDesk(tmp_path, own_database_url)


def test_a_start_takes_the_rules_once_and_again_when_they_changed(desk):
    desk.start()
    desk.start()
    assert desk.in_force() == [(1, "files", "first start, from city")]
    desk.raise_level(desk.city / "rules")
    desk.start()
    assert desk.in_force()[1:] == [(2, "files", "from city")]
    assert "2  " in desk.rules("history").splitlines()[0]


def test_a_start_refuses_a_rule_that_was_changed_under_its_version(desk):
    desk.start()
    desk.rewrite("for: 2min", "for: 3min", desk.city / "rules")
    told = desk.start(code=2)
    assert (
        "rules/rules.yaml:14: version: slow was changed and its version 1 is not above 1, which is "
        "in force; raise it to 2"
    ) in told
    assert len(desk.in_force()) == 1


def test_a_start_does_not_overwrite_what_was_activated_otherwise(desk):
    desk.start()
    desk.raise_level()
    desk.rules("activate", str(desk.beside), "--note", "calmer", "--actor", "ann")
    desk.start()  # the files are what they were
    desk.rewrite("version: 1", "version: 2", desk.city / "rules")
    told = desk.start(code=2)
    assert "its rules changed since they last were in force (version 1), and version 2" in told
    assert "by ann: calmer;" in told
    assert f"`ioc rules export {desk.city}`" in told
    assert f"`ioc rules activate {desk.city}`" in told
    # The one way: what is in force into the files, then the change again.
    desk.rules("export", str(desk.city))
    desk.start()
    desk.rewrite("version: 1", "version: 2", desk.city / "rules")
    desk.start()
    assert [one[1] for one in desk.in_force()] == ["files", "ann", "files"]
    # The other: the files win, as they are.
    desk.rewrite("version: 1", "version: 5")
    desk.rules("activate", str(desk.beside))
    desk.rewrite("version: 2", "version: 6", desk.city / "rules")
    desk.start(code=2)
    desk.rules("activate")
    desk.start()
    assert len(desk.in_force()) == 5


def test_tables_that_the_rules_in_force_do_not_fit_are_refused(desk):
    desk.start()
    desk.rewrite("{limit: guaranteed}", "{limit: warning, plus: 1}")
    desk.rewrite("version: 3", "version: 4")
    desk.rules("activate", str(desk.beside))
    # The city's own rules would refuse this; those in force do not.
    table = desk.folder / "datastreams.csv"
    table.write_text((desk.city / "datastreams.csv").read_text().replace(" guaranteed=4.60", ""))
    desk.run("devices", "import", str(table))
    table.write_text(table.read_text().replace("congested=20 jammed=15", ""))
    told = desk.run("devices", "import", str(table), code=2)
    assert "rules/rules.yaml:" in told
    assert "congested" in told


def test_rules_in_force_are_listed_and_shown(desk):
    desk.start()
    told = desk.rules("list")
    assert "2 rules: rules version 1" in told
    assert "yellow ≥ 2…3.8 m (warning), red ≥ 4.6 m (guaranteed)" in told
    assert "blue ≤ 20 km/h (congested), yellow ≤ 15 km/h (jammed)" in told
    shown = desk.rules("show", "level")
    assert "off_delay: 60s" in shown
    assert "bridge-gauge/water_level  threshold  yellow 3.8 red 4.6" in shown
    assert "did you mean 'level'?" in desk.rules("show", "levle", code=2)


def test_check_prints_every_rule_or_the_mistake(desk):
    desk.start()
    assert "2 rules: nothing is wrong" in desk.rules("check", str(desk.beside))
    desk.rewrite("{limit: warning}", "{limit: warnung}")
    told = desk.rules("check", str(desk.beside), code=1)
    assert told.startswith("rules/rules.yaml:9: levels.yellow.limit: no station has 'warnung'")
    assert "did you mean warning?" in told
    assert "there is no such folder" in desk.rules("check", str(desk.folder / "no"), code=2)
    (desk.folder / "empty").mkdir()
    assert "holds no rules" in desk.rules("check", str(desk.folder / "empty"), code=2)


def test_activating_says_what_changed_and_who_did_it(desk):
    desk.start()
    desk.raise_level()
    dry = desk.rules("activate", str(desk.beside), "--dry-run")
    assert dry.splitlines() == ["~ level: version 3 → 4"]
    assert len(desk.in_force()) == 1
    told = desk.rules("activate", str(desk.beside), "--note", "calmer", "--actor", "ann")
    assert told.splitlines()[0] == "~ level: version 3 → 4"
    assert "rules version 2 is in force" in told
    assert desk.in_force()[-1] == (2, "ann", "calmer")
    assert desk.rules("activate", str(desk.beside)).strip() == "no rule differs"
    assert len(desk.in_force()) == 2


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        pytest.param([("for: 2min", "for: 9min")], "raise it to 2", id="version-not-raised"),
        pytest.param([("congested}", "kongested}")], "did you mean congested?", id="mistake"),
        pytest.param([("rules:", "rules: [")], "is not YAML", id="no-yaml"),
    ],
)
def test_what_is_wrong_is_not_activated(desk, edits, why):
    desk.start()
    for before, after in edits:
        desk.rewrite(before, after)
    told = desk.rules("activate", str(desk.beside), code=2)
    assert "nothing was activated" in told
    assert why in told
    assert len(desk.in_force()) == 1


def test_the_calendar_of_the_city_holds_for_a_folder_of_rules(desk):
    (desk.city / "calendar").mkdir()
    (desk.city / "calendar" / "2026.yaml").write_text("holidays: [2026-10-01]\nworkdays: []\n")
    desk.start()
    desk.raise_level()
    desk.rules("activate", str(desk.beside))
    ((names,),) = desk.query(
        "SELECT array(SELECT jsonb_object_keys(texts)) FROM rule_version WHERE version = 2"
    )
    assert sorted(names) == ["calendar/2026.yaml", "rules/rules.yaml"]


def test_rolling_back_makes_a_new_version_of_the_old_texts(desk):
    desk.start()
    desk.raise_level()
    desk.rules("activate", str(desk.beside))
    told = desk.rules("rollback", "1", "--actor", "ann", "--note", "too calm")
    assert "~ level: version 4 → 3" in told
    assert desk.in_force()[-1] == (3, "ann", "rollback to version 1: too calm")
    ((first, third),) = desk.query(
        "SELECT a.texts = b.texts, b.sha256 = %s FROM rule_version a, rule_version b "
        "WHERE a.version = 1 AND b.version = 3",
        digest_of({"rules/rules.yaml": RULES["rules.yaml"]}),
    )
    assert (first, third) == (True, True)
    desk.start()  # the files are what they were
    assert len(desk.in_force()) == 3
    assert "version 3 of the rules is in force and says what" in desk.rules("rollback", "1", code=2)
    assert "no version 9 of the rules; there are 1 to 3" in desk.rules("rollback", "9", code=2)


def test_a_version_that_no_longer_fits_the_city_is_not_rolled_back_to(desk):
    desk.start()
    desk.rewrite("red: {limit: guaranteed}", "red: {limit: warning, plus: 1}")
    desk.rewrite("version: 3", "version: 4")
    desk.rules("activate", str(desk.beside))
    table = desk.folder / "datastreams.csv"
    table.write_text((desk.city / "datastreams.csv").read_text().replace(" guaranteed=4.60", ""))
    desk.run("devices", "import", str(table))
    told = desk.rules("rollback", "1", code=2)
    assert "version 1 of the rules does not fit the city as it is registered now" in told
    assert "no station has 'guaranteed'" in told
    assert len(desk.in_force()) == 2


def test_export_refuses_where_another_file_would_come_into_force_too(desk):
    desk.start()
    (desk.city / "rules" / "more.yaml").write_text("rules: []\n")
    assert "more.yaml: is no file of these rules" in desk.rules("export", str(desk.city), code=2)
    desk.rules("export", str(desk.folder / "out"), "--version", "1")
    written = (desk.folder / "out" / "rules" / "rules.yaml").read_text()
    assert written == RULES["rules.yaml"]
    assert "there is no version 7" in desk.rules(
        "export", str(desk.folder / "out"), "--version", "7", code=2
    )
