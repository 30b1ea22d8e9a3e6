"""Which passwords are good enough, and how one is kept."""

import asyncio
import unicodedata

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from ioc_dashboard.passwords import AT_LEAST, AT_MOST, Passwords, Weakness, weakness
from tests.wall.guarded import CHEAP


@pytest.mark.parametrize(
    ("password", "why"),
    [
        pytest.param("", "short", id="none"),
        pytest.param("kT9#vR2$wQ1", "short", id="eleven"),
        pytest.param("kT9#vR2$wQ1x", None, id="twelve"),
        pytest.param("q7" * 63 + "zk", "common", id="two_keys_only"),
        pytest.param("kT9#vR2$" * 16, None, id="the_longest"),
        pytest.param("kT9#vR2$" * 16 + "x", "long", id="one_more"),
        pytest.param("x" * 1_000_000, "long", id="a_million"),
        pytest.param("123456789012", "common", id="digits_in_a_row"),
        pytest.param("849302716455", "common", id="digits_only"),
        pytest.param("!@#$%^&*()_+", "common", id="signs_only"),
        pytest.param("password1234", "common", id="the_commonest"),
        pytest.param("P@ssw0rd2026!", "common", id="with_signs_like_letters"),
        pytest.param("Admin@12345678", "common", id="admin_and_digits"),
        pytest.param("qwertyuiop123", "common", id="a_row_of_keys"),
        pytest.param("1qaz2wsx3edc4rfv", "common", id="columns_of_keys"),
        pytest.param("woaini13145201", "common", id="i_love_you"),
        pytest.param("jiangyan2026!", "common", id="the_district"),
        pytest.param("Taizhou-Jiangyan-IOC", "common", id="several_common_ones"),
        pytest.param("jiangyan kingfisher 7", None, id="a_common_one_and_another"),
        pytest.param("wangxiaoming", "name", id="the_name"),
        pytest.param("WangXiaoMing2026", "name", id="the_name_and_a_year"),
        pytest.param("2026wangxiaomingwangxiaoming!", "name", id="the_name_twice"),
        pytest.param("wangxiaoming likes heron 3", None, id="more_than_the_name"),
        pytest.param("溱湖簖蟹八月初八开捕啦啦", None, id="chinese"),
        pytest.param("ｋＴ９＃ｖＲ２", "short", id="full_width_is_no_longer"),
        pytest.param("k4t#9v-2r!7w1q", None, id="letters_one_by_one"),
        pytest.param("correct horse battery staple", None, id="words_with_spaces"),
    ],
)
def test_a_password_is_judged_by_length_and_by_what_is_common(password, why):
    found = weakness(password, "WangXiaoming")
    assert found == (None if why is None else Weakness(f"people.weak.{why}"))


def test_a_short_name_forbids_nothing():
    assert weakness("aardvark-in-a-canal", "a") is None
    assert weakness("aardvark-in-a-canal", "") is None


def test_the_bounds_are_those_that_pages_tell():
    assert (AT_LEAST, AT_MOST) == (12, 128)


def test_a_password_is_kept_as_argon2id_of_rfc_9106():
    kept = asyncio.run(Passwords().hash("kT9#vR2$wQ1x"))
    found = extract_parameters(kept)
    assert (found.type, found.memory_cost, found.time_cost) == (Type.ID, 64 * 1024, 3)
    assert (found.salt_len, found.hash_len) == (16, 32)
    assert "kT9#" not in kept


def test_the_same_password_is_kept_differently_each_time():
    async def twice():
        passwords = Passwords(CHEAP)
        return [await passwords.hash("kT9#vR2$wQ1x") for _ in range(2)]

    first, second = asyncio.run(twice())
    assert first != second


@pytest.mark.parametrize(
    ("given", "is_right"),
    [
        ("pâté für Ångström", True),
        (unicodedata.normalize("NFD", "pâté für Ångström"), True),
        ("pate fur Angstrom", False),
        ("Pâté für Ångström", False),
        ("pâté für Ångström ", False),
        ("", False),
        ("x" * 1_000_000, False),
    ],
)
def test_a_password_matches_however_its_letters_are_composed(given, is_right):
    async def matches():
        passwords = Passwords(CHEAP)
        return await passwords.matches(await passwords.hash("pâté für Ångström"), given)

    assert asyncio.run(matches()) is is_right


def test_what_is_longer_than_the_longest_does_not_match_its_beginning():
    async def matches():
        passwords, longest = Passwords(CHEAP), "kT9#vR2$" * 16
        kept = await passwords.hash(longest)
        return [await passwords.matches(kept, longest + more) for more in ("", "x", "xy")]

    assert asyncio.run(matches()) == [True, False, False]


class Counting(PasswordHasher):
    """Counts what is computed."""

    checked = 0

    def verify(self, *given):
        self.checked += 1
        return super().verify(*given)


@pytest.mark.parametrize("guess", ["of nobody", "kT9#vR2$wQ1x"])
def test_of_nobody_no_password_is_right_after_the_same_work(guess):
    counting = Counting(time_cost=1, memory_cost=64, parallelism=1)

    async def matches():
        passwords = Passwords(counting)
        kept = await passwords.hash("kT9#vR2$wQ1x")
        counting.checked = 0
        results = []
        for one in (None, kept):
            before = counting.checked
            is_right = await passwords.matches(one, guess)
            results.append((is_right, counting.checked - before))
        return results

    (nobody, work), (_, other_work) = asyncio.run(matches())
    assert not nobody
    assert work == other_work == 1


def test_what_is_kept_by_other_parameters_is_outdated():
    async def kept():
        return await Passwords(CHEAP).hash("kT9#vR2$wQ1x")

    made = asyncio.run(kept())
    assert Passwords().is_outdated(made)
    assert not Passwords(CHEAP).is_outdated(made)


def test_a_hash_that_is_none_matches_nothing():
    assert not asyncio.run(Passwords(CHEAP).matches("$argon2id$broken", "kT9#vR2$wQ1x"))
