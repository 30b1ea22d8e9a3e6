"""`ioc index`: what a person sees of an index, and what is told to who asks wrongly."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ioc.main import app

DAY = ("--at", "2026-03-01T00:00+08:00")
BEFORE = ("--at", "2026-02-28T23:00+08:00")
CLEAN = ("pm25=61", "pm10=40", "so2=10", "no2=20", "co=0.5", "o3_8h=60")


def run(*words):
    return CliRunner().invoke(app, ["index", *words])


def facts(*words):
    done = run(*words, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def refused(*words):
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    return done.stderr


def test_a_day_is_told_with_its_reasons_chinese_first():
    done = run("aqi", "--kind", "daily", *DAY, *CLEAN)
    assert done.exit_code == 0
    chinese, english = done.stdout.strip().split("\n\n")
    assert chinese.startswith("空气质量指数 AQI：101，轻度污染（三级，橙色 RGB 255,126,0")
    assert "首要污染物：PM2.5" in chinese
    assert "(150 − 100) ÷ (115 − 60) × (61 − 60) + 100 = 100.91 ↑ 进位 101（表3, 式(1)）" in chinese
    assert english.startswith("Air quality index: 101, lightly polluted (level 3, orange")
    assert "primary pollutant: PM2.5" in english
    for name in ("PM10", "SO2", "NO2", "CO", "O3"):
        assert f"  {name}, " in english


def test_the_edition_is_that_of_the_day_before_march_2026():
    found = facts("aqi", *BEFORE, *CLEAN)
    assert (found["standard"], found["aqi"], found["level"]["zh"]) == ("HJ 633-2012", 83, "良")
    assert found["at"] == "2026-02-28T23:00:00+08:00"
    later = facts("aqi", "--at", "2026-02-28T16:00+00:00", *CLEAN)
    assert (later["standard"], later["at"]) == ("HJ 633-2026", "2026-03-01T00:00:00+08:00")


def test_facts_have_breakpoints_and_clause_of_each_pollutant():
    found = facts("aqi", *DAY, *CLEAN)
    steps = {one["indicator"]: one for one in found["steps"]}
    assert steps["pm25_24h"] == {
        "indicator": "pm25_24h", "pollutant": "pm25", "unit": "ug/m3", "concentration": 61.0,
        "used": 61.0, "outcome": "interpolated", "breakpoints": [60, 115], "indices": [100, 150],
        "exact": pytest.approx(100.909090909), "iaqi": 101, "clause": "表3, 式(1)",
    }  # fmt: skip
    assert [one["iaqi"] for one in found["steps"]] == [101, 40, 10, 25, 13, 30]
    assert found["primary"] == ["pm25"]


def test_what_was_rounded_capped_or_is_missing_is_told():
    told = run("aqi", *DAY, "pm25=60.6", "o3_8h=900").stdout
    assert "60.6 → 61 [修约 §4.2] µg/m³" in told
    assert "超过最高限值 800，分指数取 300（表3注）" in told
    assert "缺项：pm10_24h、so2_24h、no2_24h、co_24h（§5.3.1）" in told
    assert "above 800: the index is 300" in told


def test_na_says_why():
    told = run("aqi", *DAY, "pm25=35").stdout
    assert "AQI：NA（缺项，其余污染物算得 50，不大于100，不发布；§5.3.1）" in told
    assert "the others give 50; only above 100 it is published" in told
    assert "AQI = " not in told
    found = facts("aqi", *DAY, "pm25=35")
    assert (found["aqi"], found["computed"], found["verdict"]) == (None, 50, "incomplete")


def test_an_hour_of_2012_knows_what_has_no_index():
    words = ("aqi", "--kind", "realtime", *BEFORE, "pm25=30", "pm25_1h=80", "so2=900")
    told = run(*words).stdout
    assert "超过 800，不计算分指数（表1注2）" in told
    assert "PM2.5 1小时平均 80 µg/m³：只报浓度，不计算分指数" in told
    assert "Air quality index: NA" in told
    assert facts(*words, "so2_24h=475")["aqi"] == 150
    assert "标污染物：二氧化硫" in told


def test_a_lake_is_told_with_what_decides():
    done = run("water", "--lake", *DAY, "do=6.2", "nh3n=0.4", "tn=1.2", "turbidity=5",
               "--target", "III")  # fmt: skip
    chinese, english = done.stdout.strip().split("\n\n")
    assert chinese.startswith("地表水水质类别：Ⅳ类，轻度污染（黄色）\n决定因子：总氮\n")
    assert "溶解氧 6.2 mg/L：Ⅱ类，≥ 6（表1 序号3）" in chinese
    assert "目标Ⅲ类：不达标，超标项目：总氮" in chinese
    assert "未给出、未参评：pH、高锰酸盐指数" in chinese
    assert "不参与定类：浊度" in chinese
    assert english.startswith("Class of water: class Ⅳ, lightly polluted (yellow)")
    assert "decided by: Total nitrogen" in english


def test_a_river_beyond_all_classes_and_facts_of_it():
    told = run("water", "--river", "ph=9.5", "do=1", "cod=50").stdout
    assert "地表水水质类别：劣Ⅴ类" in told
    assert "pH 9.5：劣Ⅴ类，超出 6–9" in told
    assert "< 2（Ⅴ类限值）" in told
    assert "> 40, the limit of class Ⅴ" in told
    assert facts("water", "--river", "溶解氧=5", "总磷=0.3")["class"]["name"] == "Ⅳ"
    found = facts("water", "--river", "do=7.1", "temp=29", "--target", "1")
    assert (found["class"]["name"], found["complies"]) == ("Ⅰ", True)
    assert found["steps"][1]["saturation"] == pytest.approx(468 / 60.6)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("aqi", *DAY, "pm2=3"), "'pm2' is not known in the daily report of HJ 633-2026"
                     "; did you mean pm25? known: pm25_24h, pm10_24h", id="unknown pollutant"),
        pytest.param(("aqi", *DAY, "so2_1h=3"), "did you mean so2_24h?", id="of the other report"),
        pytest.param(("aqi", *DAY, "pm25"), "'pm25' is not name=value", id="no value"),
        pytest.param(("aqi", *DAY, "pm25=61ug"), "'61ug' is no number; write it without a unit",
                     id="unit"),
        pytest.param(("aqi", *DAY, "pm25=nan"), "leave out what is missing", id="nan"),
        pytest.param(("aqi", *DAY, "pm25=inf"), "'inf' is no finite number", id="inf"),
        pytest.param(("aqi", *DAY, "pm25=1", "pm2.5=2"), "pm25 is given twice", id="twice"),
        pytest.param(("aqi", *DAY, "pm25=1", "pm25_24h=2"), "given already", id="twice as both"),
        pytest.param(("aqi", *DAY, "pm25=-3"), "pm25_24h: -3 is below 0", id="negative"),
        pytest.param(("aqi", *DAY, "--kind", "hourly", "pm25=3"),
                     "--kind: 'hourly' is not known", id="kind"),
        pytest.param(("aqi", "--at", "2026-03-01", "pm25=3"), "has no offset", id="offset"),
        pytest.param(("water", "do=3"), "--lake or --river: say which", id="which water"),
        pytest.param(("water", "--river", "amonia=3"), "did you mean ammonia? known: ph",
                     id="unknown item"),
        pytest.param(("water", "--river", "do=3", "--target", "VI"), "--target: 'VI' is not known",
                     id="target"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(words, told):
    assert told in refused(*words)
