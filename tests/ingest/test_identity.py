"""How messages are known again."""

import pytest

from ingest.identity import UNNUMBERED, identify

TIMED = b'[{"bn":"bridge-gauge/","bt":1.7e9,"n":"water_level","v":3.8}]'


def test_a_publishers_own_number_is_kept_and_needs_no_digest():
    known = identify("up/a/senml", TIMED, {"boot": "b1", "seq": "7"})
    assert (known.gateway, known.boot, known.seq, known.content) == ("a", "b1", 7, b"")


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"boot": "b", "seq": "-1"}, id="negative"),
        pytest.param({"boot": "b", "seq": "9" * 19}, id="beyond_bigint"),
        pytest.param({"boot": "b"}, id="no_seq"),
        pytest.param({"seq": "3"}, id="no_boot"),
        pytest.param({"boot": "@x", "seq": "1"}, id="forged"),
        pytest.param({"boot": "b\0", "seq": "1"}, id="nul"),
        pytest.param({"boot": "b" * 129, "seq": "1"}, id="too_long"),
    ],
)
def test_a_broken_or_forged_number_is_none(properties):
    known = identify("up/a/senml", TIMED, properties)
    assert (known.gateway, known.boot, known.seq) == ("a", "", UNNUMBERED)


def test_equal_bytes_on_one_topic_are_one_message():
    one = identify("up/a/senml", TIMED, {})
    assert one.content
    assert identify("up/a/senml", TIMED, {}) == one
    assert identify("up/b/senml", TIMED, {}).content != one.content
    assert identify("up/a/senml", TIMED.replace(b"3.8", b"3.9"), {}).content != one.content


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        pytest.param("up/a/senml", b'[{"n":"x/y","v":1}]', id="no_time"),
        pytest.param("up/a/senml", b'[{"n":"x/y","t":-5,"v":1}]', id="relative_time"),
        pytest.param(
            "up/a/senml", b'[{"n":"x/y","t":1.7e9,"v":1},{"n":"x/z","v":1}]', id="one_without"
        ),
        pytest.param("up/a/senml", b"nonsense", id="undecodable"),
        pytest.param("up/a/senml", b"[]", id="empty"),
        pytest.param("up/a/morse", TIMED, id="unknown_codec"),
    ],
)
def test_bytes_that_do_not_say_when_may_come_again_and_mean_another_moment(topic, payload):
    assert identify(topic, payload, {}).content == b""


def test_a_gateway_name_that_no_index_could_hold_is_cut_and_stays_its_own():
    first, second = ("x" * 60_000 + end for end in "ab")
    names = [identify(f"up/{name}/senml", b"", {}).gateway for name in (first, second)]
    assert [len(name) for name in names] == [81, 81]
    assert names[0] != names[1]
