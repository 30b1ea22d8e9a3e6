"""The pages for people in a real browser, over a real database."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from dispatch import Grant, Role
from storage import accounts
from tests.small_city import city
from tests.wall.guarded import ACTOR, PASSWORD, Guarded
from tests.wall.test_admission import NO_MAP
from tests.wall.test_kiosk import forgive, reason
from tests.wall.test_layouts import HAN, RULES
from tests.wall.test_page import assert_soon

PAGES = ("sign-in", "one-time", "password", "account")


@pytest.fixture
def guarded(own_database_url):
    one = Guarded(city(), NO_MAP, own_database_url)
    yield one
    one.end()


def fill(page, **fields):
    for name, text in fields.items():
        page.locator(f"#{name}").fill(text)
    page.locator("form button").first.click()


def shows(page, path):
    expect(page.locator(f"main[data-page='{path}']")).to_be_visible()


def signed_in(guarded, look, *grants, **size):
    """Return a screen on the console of somebody who came with a one-time token."""
    token = guarded.tell(lambda one: accounts.add(one, "王晓明", grants, ACTOR))
    screen = look(guarded, **size)
    screen.page.goto(f"{guarded.url}one-time")
    fill(screen.page, token=token, name="王晓明", password=PASSWORD, again=PASSWORD)
    screen.page.wait_for_url("**/console")
    screen.page.goto(f"{guarded.url}account")
    shows(screen.page, "/account")
    return screen


def test_the_first_administrator_sets_a_password_signs_out_and_in_again(guarded, look):
    token = guarded.tell(lambda one: accounts.first_token(one, "root"))
    screen = look(guarded)
    page = screen.page
    page.goto(f"{guarded.url}console")
    shows(page, "/sign-in")
    page.get_by_role("link", name="使用一次性令牌").click()
    fill(page, token=token, name="王晓明", password="short", again="short")
    expect(page.get_by_role("alert")).to_contain_text("密码太短，至少需要 12 个字符")
    assert page.locator("#name").input_value() == "王晓明"
    assert page.locator("#password").input_value() == ""
    fill(page, token=token, password=PASSWORD, again=PASSWORD)
    shows(page, "/console")
    expect(page.locator("#account")).to_have_text("王晓明")
    page.locator("#account").click()
    shows(page, "/account")
    expect(page.locator("[data-account]")).to_have_text("王晓明")
    expect(page.locator("[data-roles]")).to_have_text("系统管理员")
    assert page.evaluate("document.cookie") == ""  # no script may read it
    page.get_by_role("button", name="退出登录").click()
    shows(page, "/sign-in")
    page.goto(f"{guarded.url}console")
    shows(page, "/sign-in")
    fill(page, name="王晓明", password="a wrong one")
    expect(page.get_by_role("alert")).to_have_text("姓名或密码不正确，或账号已停用。")
    fill(page, password=PASSWORD)
    shows(page, "/console")
    forgive(screen, "403")


def test_roles_stand_with_their_limits_in_the_words_of_the_city(guarded, look):
    grants = (Grant(Role.DISPATCHER, town="north"), Grant(Role.CREW, "drainage"))
    page = signed_in(guarded, look, *grants).page
    told = page.locator("[data-roles] li")
    assert sorted(told.all_inner_texts()) == ["处置队伍 · drainage", "调度员（指挥） · 北镇"]
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("Account")
    assert sorted(told.all_inner_texts()) == ["Crew · drainage", "Dispatcher · North"]


def test_the_account_leads_to_the_wall_and_the_wall_ends_with_the_session(guarded, look):
    screen = signed_in(guarded, look, Grant(Role.VIEWER))
    page = screen.page
    page.get_by_role("link", name="打开大屏").click()
    page.locator("[data-figure=ponding]").wait_for()
    assert_soon(page, "ioc.link.isOpen", True)
    assert page.evaluate("document.documentElement.classList.contains('kiosk')") is False
    guarded.tell(lambda one: accounts.disable(one, "王晓明", ACTOR))
    reason(page, "missing")
    page.get_by_role("link", name="工作人员登录").click()
    shows(page, "/sign-in")
    forgive(screen, "403")


def test_who_may_not_see_the_wall_is_told_and_gets_no_link_to_it(guarded, look):
    screen = signed_in(guarded, look, Grant(Role.CREW))
    assert screen.page.get_by_role("link", name="打开大屏").count() == 0
    screen.page.goto(guarded.url)
    reason(screen.page, "forbidden")
    forgive(screen, "403")


def test_a_password_is_changed_and_the_session_goes_on(guarded, look):
    screen = signed_in(guarded, look, Grant(Role.VIEWER))
    page = screen.page
    page.get_by_role("link", name="修改密码").click()
    fill(page, current=PASSWORD, password=PASSWORD, again=PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("新密码与当前密码相同")
    other = "白米 古石桥 边的 三只鹭"
    fill(page, current=PASSWORD, password=other, again=other)
    shows(page, "/console")
    assert guarded.sign_in("王晓明", other).status == 303
    forgive(screen, "403")


def test_everything_is_done_by_keyboard_and_where_one_is_can_be_seen(guarded, look):
    token = guarded.tell(lambda one: accounts.add(one, "ann", [Grant(Role.VIEWER)], ACTOR))
    page = look(guarded).page
    keys = page.keyboard
    page.goto(f"{guarded.url}one-time?lang=en")
    assert page.evaluate("document.activeElement.id") == "token"  # nothing to press before
    for text in (token, "ann", PASSWORD, PASSWORD):
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        keys.insert_text(text)
        keys.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    keys.press("Enter")
    shows(page, "/console")
    page.goto(f"{guarded.url}account?lang=en")
    order = []
    for _ in range(5):
        keys.press("Tab")
        order.append(page.evaluate("document.activeElement.textContent"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert order == ["Open the wall", "Console", "Sign out", "Change password", "中文"]


@pytest.mark.parametrize("size", [(1920, 1080), (390, 844)], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_cut_axe_finds_nothing_serious_and_english_is_english(
    guarded, look, language, size
):
    screen = signed_in(guarded, look, Grant(Role.VIEWER), width=size[0], height=size[1])
    page, found = screen.page, {}
    for name in PAGES:
        for sent in (False, True):
            page.goto(f"{guarded.url}{name}?lang={language}")
            if sent and name != "account":
                page.evaluate("document.querySelectorAll('input').forEach((i) => i.value = 'x')")
                page.locator("form button").first.click()
                expect(page.get_by_role("alert")).to_be_visible()
            where = f"{name} {'sent' if sent else ''}"
            for one in Axe().run(page, options={"runOnly": RULES}).response["violations"]:
                if one["impact"] in ("serious", "critical"):
                    found[f"{where} {one['id']}"] = [n["target"][0] for n in one["nodes"][:5]]
            if page.evaluate("document.documentElement.scrollWidth") > size[0]:
                found[f"{where} wide"] = []
            spoken = page.locator("html").get_attribute("lang")
            assert spoken == {"zh": "zh-CN", "en": "en"}[language]
            if language == "en":
                told = page.locator("main").inner_text().replace("王晓明", "").replace("中文", "")
                if HAN.search(told):
                    found[f"{where} Chinese"] = [told]
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)
    forgive(screen, "403")


def test_a_password_manager_is_told_what_each_field_is(guarded, look):
    screen = signed_in(guarded, look)
    kinds = {}
    for name in PAGES[:3]:
        screen.page.goto(f"{guarded.url}{name}")
        kinds[name] = screen.page.evaluate(
            "[...document.querySelectorAll('input')].map((one) => one.autocomplete)"
        )
    assert kinds == {
        "sign-in": ["username", "current-password"],
        "one-time": ["off", "username", "new-password", "new-password"],
        "password": ["current-password", "new-password", "new-password"],
    }
