"""Signing in and out over HTTP, on a real database; time passes as the test says."""

import asyncio
import json
import re
from urllib.parse import urlencode

import pytest
import uvicorn
from dash import Dash, Input, Output, html
from fastapi import FastAPI

from dispatch import Grant, Right, Role, may
from ioc_dashboard import access, wall
from ioc_dashboard.admission import REFUSED, Admission, Everybody, present
from ioc_dashboard.passwords import Passwords
from ioc_dashboard.signing_in import SigningIn
from storage import accounts
from storage.sign_in_delays import ADDRESS, NAME
from tests.conftest import free_port
from tests.small_city import city
from tests.wall.guarded import ACTOR, LIMITS, PASSWORD, Guarded
from tests.wall.test_admission import NO_MAP, closed, line, opens

DISPATCHER = Grant(Role.DISPATCHER)
OTHER = "白米 古石桥 边的 三只鹭"
FORM = "application/x-www-form-urlencoded"
HTML = "text/html,application/xhtml+xml"
"""What a browser accepts that opens a page."""


@pytest.fixture
def guarded(own_database_url):
    one = Guarded(city(), NO_MAP, own_database_url)
    yield one
    one.end()


def is_signed_in(stage, cookie):
    return stage.ask("/console", cookie).status == 200


def attributes(answer):
    return {one.strip().lower() for one in answer.headers["set-cookie"].split(";")[1:]}


# -- coming -------------------------------------------------------------------------------------


def test_the_first_administrator_comes_with_a_token_and_is_signed_in(guarded):
    token = guarded.tell(lambda one: accounts.first_token(one, "root"))
    cookie = guarded.redeem(token, "王晓明")
    page = guarded.ask("/account", cookie)
    assert "王晓明" in page.text
    assert "系统管理员" in page.text
    assert guarded.trail() == [
        ("root", "token_made", ""),
        ("王晓明", "account_added", "王晓明"),
        ("王晓明", "password_set", "王晓明"),
        ("王晓明", "signed_in", "王晓明"),
    ]
    again = guarded.post("/one-time", token=token, name="eve", password=PASSWORD, again=PASSWORD)
    assert (again.status, again.told, again.cookie) == (403, "people.token_wrong", None)


def test_who_signs_in_gets_a_cookie_that_no_script_reads_and_no_page_elsewhere_sends(guarded):
    guarded.account("ann", DISPATCHER)
    answer = guarded.sign_in("ann")
    assert (answer.status, answer.headers["location"]) == (303, "/console")
    assert answer.cookie.startswith("ioc_session=")
    assert attributes(answer) == {"httponly", "samesite=strict", "path=/"}
    assert answer.headers["cache-control"] == "no-store"
    assert is_signed_in(guarded, answer.cookie)


def test_over_https_the_cookie_is_of_this_host_only(own_database_url):
    stage = Guarded(city(), NO_MAP, own_database_url, behind_proxy=True)
    try:
        stage.account("ann", DISPATCHER)
        said = {"x_forwarded_proto": "https", "x_forwarded_for": "10.1.2.3"}
        form = urlencode({"name": "ann", "password": PASSWORD})
        answer = stage.ask(
            "/sign-in", None, "POST", form, origin=stage.url[:-1],
            content_type="application/x-www-form-urlencoded", **said,
        )  # fmt: skip
        assert answer.cookie.startswith("__Host-ioc_session=")
        assert attributes(answer) == {"httponly", "samesite=strict", "path=/", "secure"}
        assert stage.ask("/console", answer.cookie, **said).status == 200
        # Under the other name anybody on the way could have put it.
        bare = answer.cookie.removeprefix("__Host-")
        assert stage.ask("/console", bare, **said).status == 403
        assert stage.ask("/console", answer.cookie, x_forwarded_proto="http").status == 403
        out = stage.ask("/sign-out", answer.cookie, "POST", origin=stage.url[:-1], **said)
        assert out.headers["set-cookie"].startswith('__Host-ioc_session=""')
        assert "secure" in attributes(out)
    finally:
        stage.end()


def test_a_sign_in_begins_a_new_session_and_ends_the_one_before(guarded):
    before = guarded.account("ann", DISPATCHER)
    after = guarded.sign_in("ann", cookie=before).cookie
    assert after != before
    assert is_signed_in(guarded, after)
    assert not is_signed_in(guarded, before)


def test_two_browsers_have_a_session_each(guarded):
    first = guarded.account("ann", DISPATCHER)
    second = guarded.sign_in("ann").cookie
    assert is_signed_in(guarded, first)
    assert is_signed_in(guarded, second)
    guarded.post("/sign-out", first)
    assert not is_signed_in(guarded, first)
    assert is_signed_in(guarded, second)


def test_a_cookie_that_somebody_made_up_is_not_taken_over(guarded):
    guarded.account("ann", DISPATCHER)
    fixed = "ioc_session=" + "A" * 43
    assert guarded.sign_in("ann", cookie=fixed).cookie != fixed
    assert not is_signed_in(guarded, fixed)


def test_wrong_unknown_and_disabled_get_one_answer_after_one_check_each(guarded, monkeypatch):
    guarded.account("ann", DISPATCHER)
    guarded.account("gone", DISPATCHER)
    guarded.tell(lambda one: accounts.add(one, "new", [DISPATCHER], ACTOR))
    guarded.tell(lambda one: accounts.disable(one, "gone", ACTOR))
    guarded.sign_in("nobody")  # what is checked against for nobody is made once
    checked = []
    verify = Passwords._verify
    monkeypatch.setattr(Passwords, "_verify", lambda *given: checked.append(1) or verify(*given))
    answers = {}
    for name, password in (
        ("ann", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("gone", "wrong"),
        ("new", PASSWORD), ("", ""), ("a\0b", PASSWORD), ("x" * 2000, PASSWORD),
    ):  # fmt: skip
        before = len(checked)
        answer = guarded.sign_in(name, password)
        same = re.sub(r' value="[^"]*"| autofocus', "", answer.text)
        answers[answer.status, answer.told, answer.cookie, same] = len(checked) - before
        assert len(checked) - before == 1, name
    assert len(answers) == 1
    ((status, told, cookie, _),) = answers
    assert (status, told, cookie) == (403, "people.wrong", None)


def test_a_failure_is_written_down_without_the_name_that_nobody_has(guarded):
    guarded.account("ann", DISPATCHER)
    guarded.sign_in("ann", "wrong")
    guarded.sign_in("my-password-in-the-wrong-field", "x")
    assert guarded.trail()[-2:] == [("", "sign_in_refused", "ann"), ("", "sign_in_refused", "")]
    kept = guarded.tell(everything)
    assert "wrong-field" not in kept
    assert PASSWORD not in kept


async def everything(connection):
    """Return all that the database holds of people, as text."""
    told = []
    for table in (
        "account", "account_role", "account_session", "one_time_token", "sign_in_delay",
        "audit_trail",
    ):  # fmt: skip
        cursor = await connection.execute(f"SELECT * FROM {table}")
        told += [str(row) for row in await cursor.fetchall()]
    return "\n".join(told)


# -- too many tries -----------------------------------------------------------------------------


def test_who_fails_too_often_waits_whether_the_name_is_known_or_not(guarded):
    guarded.account("ann", DISPATCHER)
    told = {}
    for name in ("ann", "nobody"):
        for _ in range(NAME.free):
            assert guarded.sign_in(name, "wrong").told == "people.wrong"
        answer = guarded.sign_in(name, PASSWORD)
        assert (answer.status, answer.cookie) == (429, None)
        told[name] = (answer.told, answer.headers["retry-after"])
    assert told["ann"] == told["nobody"] == ("people.wait", "1")
    guarded.age(2)
    assert guarded.sign_in("ann").status == 303
    assert guarded.sign_in("nobody", PASSWORD).told == "people.wrong"


def test_an_address_that_tries_many_names_waits(guarded):
    for one in range(ADDRESS.free):
        assert guarded.sign_in(f"name-{one}", "wrong").told == "people.wrong"
    assert guarded.sign_in("another", "wrong").told == "people.wait"
    token = guarded.post("/one-time", token="x", name="a", password="b", again="c")
    assert token.told == "people.wait"


def test_tokens_cannot_be_guessed_at_will(guarded):
    for _ in range(ADDRESS.free):
        assert guarded.post("/one-time", token="AAAA").told == "people.token_wrong"
    assert guarded.post("/one-time", token="AAAA").status == 429
    assert ("", "token_refused", "") in guarded.trail()


def test_the_current_password_cannot_be_guessed_at_will_by_who_found_a_session(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    for _ in range(NAME.free):
        answer = guarded.post("/password", cookie, current="x", password=OTHER, again=OTHER)
        assert answer.told == "people.current_wrong"
    answer = guarded.post("/password", cookie, current=PASSWORD, password=OTHER, again=OTHER)
    assert answer.told == "people.wait"


# -- setting a password -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"again": OTHER}, "people.not_the_same"),
        ({"password": "short", "again": "short"}, "people.weak.short"),
        ({"password": "x" * 129, "again": "x" * 129}, "people.weak.long"),
        ({"password": "password1234", "again": "password1234"}, "people.weak.common"),
        ({"password": "wangxiaoming1", "again": "wangxiaoming1"}, "people.weak.name"),
        ({"name": "eve"}, "people.name_other"),
        ({"name": ""}, "people.name_other"),
        ({"token": "AAAA-AAAA"}, "people.token_wrong"),
    ],
)
def test_what_is_wrong_with_a_form_is_told_and_the_token_stays_good(guarded, change, told):
    token = guarded.tell(lambda one: accounts.add(one, "wangxiaoming", [DISPATCHER], ACTOR))
    good = {"token": token, "name": "WangXiaoming", "password": PASSWORD, "again": PASSWORD}
    answer = guarded.post("/one-time", **{**good, **change})
    assert (answer.status, answer.told, answer.cookie) == (403, told, None)
    assert PASSWORD not in answer.text
    assert guarded.post("/one-time", **good).status == 303


def test_the_name_of_the_first_administrator_must_be_one(guarded):
    token = guarded.tell(lambda one: accounts.first_token(one, "root"))
    for name in ("", "a\nb", "x" * 65):
        answer = guarded.post(
            "/one-time", token=token, name=name, password=PASSWORD, again=PASSWORD
        )
        assert answer.told == "people.name_wrong"
    assert guarded.redeem(token, "ann")


def test_a_changed_password_ends_all_other_sessions_and_begins_a_new_one(guarded):
    here, there = guarded.account("ann", DISPATCHER), guarded.sign_in("ann").cookie
    answer = guarded.post("/password", here, current=PASSWORD, password=OTHER, again=OTHER)
    assert answer.status == 303
    assert is_signed_in(guarded, answer.cookie)
    assert not is_signed_in(guarded, here)
    assert not is_signed_in(guarded, there)
    assert guarded.sign_in("ann").told == "people.wrong"
    assert guarded.sign_in("ann", OTHER).status == 303
    assert ("ann", "password_set", "ann") in guarded.trail()


@pytest.mark.parametrize(
    ("current", "password", "told"),
    [
        ("wrong", OTHER, "people.current_wrong"),
        ("", OTHER, "people.current_wrong"),
        (PASSWORD, PASSWORD, "people.same"),
        (PASSWORD, "short", "people.weak.short"),
    ],
)
def test_a_password_that_cannot_be_changed_so_stays(guarded, current, password, told):
    cookie = guarded.account("ann", DISPATCHER)
    answer = guarded.post("/password", cookie, current=current, password=password, again=password)
    assert (answer.status, answer.told) == (403, told)
    assert is_signed_in(guarded, cookie)
    assert guarded.sign_in("ann").status == 303


def test_a_password_kept_by_weaker_parameters_is_kept_by_todays_once_it_was_typed(guarded):
    guarded.account("ann", DISPATCHER)
    stronger = SigningIn(guarded.database_url, guarded.people, Passwords())

    async def kept(connection):
        return (await accounts.credentials(connection, "ann")).password

    assert "m=64," in guarded.tell(kept)
    guarded._await(stronger.sign_in("ann", "wrong", "::1", None))
    assert "m=64," in guarded.tell(kept)
    guarded._await(stronger.sign_in("ann", PASSWORD, "::1", None))
    assert "m=65536,t=3" in guarded.tell(kept)
    assert guarded.sign_in("ann").status == 303


# -- going --------------------------------------------------------------------------------------


def test_who_signs_out_is_nobody_at_once(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    answer = guarded.post("/sign-out", cookie)
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
    assert answer.cookie == 'ioc_session=""'
    assert "max-age=0" in attributes(answer)
    assert not is_signed_in(guarded, cookie)
    assert guarded.trail()[-1] == ("ann", "signed_out", "ann")


def test_a_session_that_is_not_used_ends(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    guarded.now_s += LIMITS.idle.total_seconds() - 1
    assert is_signed_in(guarded, cookie)  # which uses it
    guarded.now_s += LIMITS.idle.total_seconds() - 1
    assert is_signed_in(guarded, cookie)
    guarded.now_s += LIMITS.idle.total_seconds() + 1
    guarded.age(2 * LIMITS.idle.total_seconds())
    assert not is_signed_in(guarded, cookie)


def test_a_session_ends_some_hours_after_it_began_however_it_was_used(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    guarded.age(LIMITS.absolute.total_seconds() - 60, used=False)
    assert is_signed_in(guarded, cookie)
    guarded.age(61, used=False)
    assert not is_signed_in(guarded, cookie)


def test_the_limits_hold_without_database_too(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    assert is_signed_in(guarded, cookie)
    with guarded.database_away():
        assert is_signed_in(guarded, cookie)
        assert guarded.ask("/console", "ioc_session=unknown").status == 503
        guarded.now_s += LIMITS.idle.total_seconds() - 1
        assert is_signed_in(guarded, cookie)
        guarded.now_s += LIMITS.idle.total_seconds() + 1
        assert guarded.ask("/console", cookie).reason == "unchecked"


def test_a_use_reaches_the_database_so_that_another_process_knows(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    guarded.age(1800)
    assert is_signed_in(guarded, cookie)
    guarded.now_s += 31
    guarded.know()

    async def idle_s(connection):
        cursor = await connection.execute(
            "SELECT extract(epoch FROM clock_timestamp() - last_used) FROM account_session"
        )
        return float((await cursor.fetchone())[0])

    assert guarded.tell(idle_s) < 1000


def test_who_has_other_rights_signs_in_again_and_has_them(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    guarded.tell(lambda one: accounts.set_grants(one, "ann", [Grant(Role.AUDITOR)], ACTOR))
    guarded.know()
    assert not is_signed_in(guarded, cookie)
    page = guarded.ask("/account", guarded.sign_in("ann").cookie).text
    assert "审计员" in page
    assert "调度员" not in page


@pytest.mark.parametrize("way", ["revoke", "disable", "reset", "roles", "sign_out"])
def test_a_socket_is_closed_when_its_session_ends(guarded, way):
    gone, stays = guarded.account("gone", DISPATCHER), guarded.account("stays", DISPATCHER)
    with line(guarded, gone) as one, line(guarded, stays) as other:
        if way == "sign_out":
            guarded.post("/sign-out", gone)
        else:
            guarded.tell(
                {
                    "revoke": lambda at: accounts.end_sessions(at, "gone", None, ACTOR),
                    "disable": lambda at: accounts.disable(at, "gone", ACTOR),
                    "reset": lambda at: accounts.reset(at, "gone", ACTOR),
                    "roles": lambda at: accounts.set_grants(at, "gone", [], ACTOR),
                }[way]
            )
        assert closed(one) == (REFUSED, "sign_in")
        guarded.second()
        assert other.recv(timeout=30)
    assert opens(guarded, "/ws/wall", gone) == REFUSED
    assert guarded.ask("/", gone).status == 403


def test_a_socket_does_not_keep_its_session(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    with line(guarded, cookie) as one:
        guarded.now_s += LIMITS.idle.total_seconds() + 1
        guarded.age(LIMITS.idle.total_seconds() + 1)
        assert closed(one) == (REFUSED, "sign_in")


# -- who may see what ---------------------------------------------------------------------------


def test_a_browser_without_session_is_led_to_the_sign_in_and_a_program_is_refused(guarded):
    for path in ("/console", "/account", "/password"):
        led = guarded.ask(path, accept=HTML)
        assert (led.status, led.headers["location"]) == (303, access.SIGN_IN)
        told = guarded.ask(path)
        assert (told.status, told.reason) == (403, "sign_in")
    # A screen is shown why, and a person there how to sign in.
    page = guarded.ask("/", accept=HTML)
    assert (page.status, page.reason) == (403, "missing")
    assert f'href="{access.SIGN_IN}"' in page.text


def test_a_wall_for_everybody_stays_so_whoever_is_signed_in(own_database_url):
    stage = Guarded(city(), NO_MAP, own_database_url, door=Everybody())
    try:
        crew = stage.account("crew", Grant(Role.CREW))
        for cookie in (None, crew, "ioc_session=unknown", "ioc_session="):
            assert stage.ask("/", cookie).status == 200
            assert opens(stage, "/ws/wall", cookie) == 101
        assert stage.ask("/console").status == 403
        assert stage.ask("/console", crew).status == 200
    finally:
        stage.end()


def test_a_wall_for_everybody_without_database_is_one_still(own_database_url):
    stage = Guarded(city(), NO_MAP, own_database_url, door=Everybody())
    try:
        with stage.database_away():
            assert stage.ask("/", "ioc_session=unknown").status == 200
            assert stage.ask("/console", "ioc_session=unknown").status == 503
    finally:
        stage.end()


def test_a_screen_on_which_somebody_signs_in_is_a_screen_again_afterwards(guarded):
    screen = guarded.enter(guarded.token())
    guarded.account("ann", DISPATCHER)
    session = guarded.sign_in("ann", cookie=screen).cookie
    both = f"{screen}; {session}"
    assert guarded.ask("/console", both).status == 200
    assert '"display":false' in guarded.ask("/wall/kiosk.json", both).text
    guarded.post("/sign-out", both)
    assert guarded.ask("/console", both).status == 403
    assert '"display":true' in guarded.ask("/wall/kiosk.json", both).text


def test_what_is_not_in_the_map_is_not_served_to_anybody(guarded):
    cookie = guarded.account("ann", *(Grant(one) for one in Role if one.value != "display"
                                      and one.value != "anybody"))  # fmt: skip
    for path in ("/docs", "/openapi.json", "/console/", "/sign-in/", "//console", "/Console"):
        assert guarded.ask(path, cookie).status == 404
        assert guarded.ask(path).status == 403
    answer = guarded.ask("/console", cookie, "DELETE")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert guarded.ask("/console", None, "DELETE").status == 403


# -- from where ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [None, "null", "", "http://elsewhere.example", "http://127.0.0.1", "http://127.0.0.1:1"],
)
def test_nothing_is_taken_from_another_page(guarded, origin):
    cookie = guarded.account("ann", DISPATCHER)
    said = {} if origin is None else {"origin": origin}
    form = urlencode({"name": "ann", "password": PASSWORD})
    for path in ("/sign-in", "/one-time", "/password", "/sign-out", "/_dash-update-component"):
        answer = guarded.ask(
            path, cookie, "POST", form, content_type="application/x-www-form-urlencoded", **said
        )
        assert (answer.status, answer.reason, answer.cookie) == (403, "foreign", None), path
    assert is_signed_in(guarded, cookie)


def test_a_socket_of_another_page_is_shut_for_who_is_signed_in_too(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    assert opens(guarded, "/ws/wall", cookie, origin="http://elsewhere.example") == 403
    assert opens(guarded, "/ws/wall", cookie, origin=guarded.url[:-1]) == 101


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(
            b"name=ann&password=" + b"x" * 20_000,
            "application/x-www-form-urlencoded",
            id="too_long",
        ),
        pytest.param(b"&".join([b"a=b"] * 1000), FORM, id="fields"),
        pytest.param(b"\xff\xfe%ff%00=%", FORM, id="no_text"),
        pytest.param(b'{"name": "ann"}', "application/json", id="json"),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_what_is_no_form_signs_nobody_in(guarded, body, content_type):
    answer = guarded.ask(
        "/sign-in", None, "POST", body, origin=guarded.url[:-1], content_type=content_type
    )
    assert (answer.status, answer.told) == (403, "people.wrong")


def test_pages_for_people_run_no_script_and_may_stand_in_no_frame(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    for path in ("/sign-in", "/one-time", "/password", "/account"):
        answer = guarded.ask(path, cookie)
        policy = dict(
            one.partition(" ")[::2] for one in answer.headers["content-security-policy"].split("; ")
        )
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert "unsafe" not in str(policy)
        assert answer.headers["cache-control"] == "no-store"
        assert "<script" not in answer.text
        assert " style=" not in answer.text
    # The wall has no form, and may send none.
    assert "form-action 'none'" in guarded.ask("/", cookie).headers["content-security-policy"]


def test_what_was_typed_comes_back_as_text(guarded):
    answer = guarded.sign_in('"><script>alert(1)</script>', "x")
    assert "<script" not in answer.text
    assert "&quot;&gt;&lt;script&gt;" in answer.text


def test_who_types_a_password_over_the_open_network_is_warned(own_database_url):
    stage = Guarded(city(), NO_MAP, own_database_url, behind_proxy=True)
    try:
        for address, scheme, is_warned in (
            ("10.1.2.3", "http", True), ("10.1.2.3", "https", False), ("127.0.0.1", "http", False),
            ("::1", "http", False),
        ):  # fmt: skip
            said = {"x_forwarded_for": address, "x_forwarded_proto": scheme}
            assert ("data-overheard" in stage.ask("/sign-in", **said).text) is is_warned
    finally:
        stage.end()


# -- without database ---------------------------------------------------------------------------


def test_without_database_nobody_signs_in_or_out_and_is_told_so(guarded):
    cookie = guarded.account("ann", DISPATCHER)
    assert is_signed_in(guarded, cookie)
    with guarded.database_away():
        answer = guarded.sign_in("ann")
        assert (answer.status, answer.told) == (503, "people.away")
        answer = guarded.post("/one-time", token="x")
        assert (answer.status, answer.told) == (503, "people.away")
        answer = guarded.post("/sign-out", cookie)
        assert (answer.status, answer.told) == (503, "people.away")
    assert is_signed_in(guarded, cookie)


# -- callbacks ----------------------------------------------------------------------------------


def test_a_callback_asks_who_is_there_and_what_they_may(guarded):
    """A Dash app with one callback, behind the same admission."""
    port = free_port().number
    server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app = Dash("callback", server=server)
    app.layout = html.Div([html.Button(id="go"), html.Div(id="out")])

    @app.callback(Output("out", "children"), Input("go", "n_clicks"))
    def go(_clicks):
        who = present()
        return f"{who.name} {may(who, Right.DISPATCH, town='baimi')}"

    async def start():
        behind = Admission(server, Everybody(), guarded.people)
        config = uvicorn.Config(behind, port=port, **wall.SERVER_SETTINGS)
        one = wall._Server(config)
        serving = asyncio.create_task(one.serve())
        while not one.started:
            await asyncio.sleep(0.01)
        return one, serving

    async def stop():
        one.should_exit = True
        await serving

    one, serving = guarded._await(start())
    guarded_port, guarded.port = guarded.port, port
    try:
        for name, town, allowed in (("ann", "baimi", True), ("bob", "yuxi", False)):
            guarded.port = guarded_port
            cookie = guarded.account(name, Grant(Role.DISPATCHER, town=town))
            guarded.port = port
            answer = guarded.ask(
                "/_dash-update-component", cookie, "POST", CALLED,
                origin=f"http://127.0.0.1:{port}", content_type="application/json",
            )  # fmt: skip
            assert json.loads(answer.text)["response"]["out"]["children"] == f"{name} {allowed}"
    finally:
        guarded.port = guarded_port
        guarded._await(stop())


CALLED = json.dumps(
    {
        "output": "out.children",
        "outputs": {"id": "out", "property": "children"},
        "inputs": [{"id": "go", "property": "n_clicks", "value": 1}],
        "changedPropIds": ["go.n_clicks"],
        "state": [],
    }
)
"""What the page sends when the button is pressed."""
