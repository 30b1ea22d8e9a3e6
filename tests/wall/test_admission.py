"""Whom the wall lets in, over a real database: every route, every way to come, every way to go."""

import socket
import threading
from contextlib import contextmanager

import pytest
from fastapi.routing import APIWebSocketRoute
from starlette.routing import Mount, WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from dispatch import Grant, Role
from ioc_dashboard import frames, wall
from ioc_dashboard.access import SOCKETS, URL_MAP
from ioc_dashboard.admission import REFUSED, UNCHECKED, Admitted, Everybody
from ioc_dashboard.console import Console
from ioc_dashboard.door import TokenDoor
from ioc_dashboard.people import People
from ioc_dashboard.settings import WallSettings
from ioc_dashboard.signing_in import SigningIn
from tests.small_city import city
from tests.wall.guarded import LIMITS, Guarded
from tests.wall.scripted import Stage

NO_MAP = {"type": "FeatureCollection", "features": []}
HANG_S = 30
"""Only ends a test that hangs."""


@pytest.fixture
def guarded(own_database_url):
    one = Guarded(city(), NO_MAP, own_database_url)
    yield one
    one.end()


# -- every route --------------------------------------------------------------------------------

PEOPLE = {"viewer", "dispatcher", "supervisor", "administrator", "auditor", "crew", "no role"}
STAFF = PEOPLE - {"crew", "no role"}
LOOKERS = STAFF | {"good"}
NOBODY = {
    "none", "empty", "garbage", "guessed", "of no token", "the token itself", "revoked",
    "signed out", "session of nobody", "session over https",
}  # fmt: skip
EVERYBODY = PEOPLE | NOBODY | {"good"}

ROUTES = {
    "GET /": ("/", 200, LOOKERS),
    "GET /healthz": ("/healthz", 200, LOOKERS),
    "GET /wall/atlas.json": ("/wall/atlas.json", 200, LOOKERS),
    "GET /wall/kiosk.json": ("/wall/kiosk.json", 200, LOOKERS),
    "GET /wall/words.json": ("/wall/words.json", 200, LOOKERS),
    # What is asked for is nothing; who may look hears that.
    "GET /wall/explanation": ("/wall/explanation", 404, LOOKERS),
    "GET /wall/series": ("/wall/series", 400, LOOKERS),
    "GET /wall/datastream": ("/wall/datastream", 400, LOOKERS),
    "GET /wall/alert": ("/wall/alert", 400, LOOKERS),
    "GET /wall/snapshot/{gateway}/{snapshot}": ("/wall/snapshot/gw-bridge/none", 404, LOOKERS),
    "GET /assets/{path:path}": ("/assets/wall.css", 200, LOOKERS),
    "GET /_dash-layout": ("/_dash-layout", 200, LOOKERS),
    "GET /_dash-dependencies": ("/_dash-dependencies", 200, LOOKERS),
    "GET /_dash-component-suites/{package_name}/{fingerprinted_path:path}": (
        "/_dash-component-suites/dash/dcc/dash_core_components.js",
        200,
        LOOKERS,
    ),
    "GET /_reload-hash": ("/_reload-hash", 200, LOOKERS),
    "GET /_favicon.ico": ("/_favicon.ico", 200, LOOKERS),
    # There is no callback: Dash cannot make anything of an empty one.
    "POST /_dash-update-component": ("/_dash-update-component", 500, PEOPLE),
    "GET /sign-in": ("/sign-in", 200, EVERYBODY),
    "POST /sign-in": ("/sign-in", "told", EVERYBODY),
    "GET /one-time": ("/one-time", 200, EVERYBODY),
    "POST /one-time": ("/one-time", "told", EVERYBODY),
    "GET /password": ("/password", 200, PEOPLE),
    "POST /password": ("/password", "told", PEOPLE),
    "POST /sign-out": ("/sign-out", 303, PEOPLE),
    "GET /account": ("/account", 200, PEOPLE),
    "GET /console": ("/console", 200, PEOPLE),
    # What is asked for is nothing; who may hears that.
    "GET /console/alert": ("/console/alert", 400, STAFF),
    "GET /console/incident": ("/console/incident", 400, STAFF),
    "GET /console/advice": ("/console/advice", 400, STAFF),
    "POST /console/alerts": ("/console/alerts", 400, {"dispatcher", "supervisor"}),
    "POST /console/crews": ("/console/crews", 400, {"dispatcher"}),
    "POST /console/incidents": ("/console/incidents", 400, {"dispatcher", "supervisor"}),
    "SOCKET /ws/wall": ("/ws/wall", 101, LOOKERS),
    "SOCKET /ws/console": ("/ws/console", 101, STAFF),
}
"""A request for each route and method: what those get who may, and who they are."""


def routes_of(stage):
    """Return method and path of all routes behind the middleware."""
    world = stage.world
    people = People("postgresql://nobody@127.0.0.1:1/none", LIMITS)
    app = wall.application(
        stage.hub, b"{}", stage.city, Everybody(), (0, 0), world, world, people,
        SigningIn("postgresql://nobody@127.0.0.1:1/none", people),
        Console(stage.city, "postgresql://nobody@127.0.0.1:1/none", stage.hub.newest),
    )  # fmt: skip
    found = set()
    for route in app._app._app.router.routes:
        if isinstance(route, Mount):
            found.add(f"GET {route.path}/{{path:path}}")
        elif isinstance(route, WebSocketRoute | APIWebSocketRoute):
            found.add(f"SOCKET {route.path}")
        else:
            found |= {f"{method} {route.path}" for method in route.methods - {"HEAD"}}
    return found


def test_the_table_names_every_route(stage):
    assert routes_of(stage) == set(ROUTES)


def test_the_url_map_names_every_route_and_no_other(stage):
    mapped = {f"{method} {path}" for path, methods in URL_MAP.items() for method in methods}
    assert mapped | {f"SOCKET {path}" for path in SOCKETS} == routes_of(stage)


def test_the_table_knows_every_role():
    roles = {one.value for one in Role} - {"anybody", "display"}
    assert {one for _, _, who in ROUTES.values() for one in who} >= roles


@pytest.fixture(scope="module")
def hall(database_url):
    """A wall, and a cookie of each sort."""
    one = Guarded(city(), NO_MAP, database_url)
    one.token("revoked")
    one.revoke("revoked")
    gone = one.enter(one.token("gone"))
    one.revoke("gone")
    good = one.enter(one.token("good"))
    signed_out = one.account("left", Grant(Role.DISPATCHER))
    one.post("/sign-out", signed_out)
    one.cookies = {
        "none": None,
        "empty": "ioc_display=; ioc_session=",
        "garbage": 'ioc_display="<script>"; ioc_session="<script>"',
        "guessed": good[:-4] + "AAAA",
        "of no token": "ioc_display=999.AAAA",
        "the token itself": f"ioc_display={one.token('other')}",
        "revoked": gone,
        "good": good,
        "signed out": signed_out,
        "session of nobody": f"ioc_session={'A' * 43}",
        # Not read over http, where anybody on the way could have put it.
        "session over https": "__Host-" + one.account("secure", Grant(Role.DISPATCHER)),
        "no role": one.account("no role"),
        **{
            role.value: one.account(role.value, Grant(role))
            for role in Role
            if role not in (Role.ANYBODY, Role.DISPLAY)
        },
    }
    yield one
    one.end()


async def forget_failures(connection):
    await connection.execute("DELETE FROM sign_in_delay")


@pytest.mark.parametrize("sort", sorted(EVERYBODY))
@pytest.mark.parametrize("route", ROUTES)
def test_a_route_is_open_to_those_who_may_only(hall, route, sort):
    path, allowed, who = ROUTES[route]
    method, cookie, may = route.partition(" ")[0], hall.cookies[sort], sort in who
    if method == "SOCKET":
        assert opens(hall, path, cookie) == (allowed if may else REFUSED)
        return
    if method == "POST":
        hall.tell(forget_failures)
        if path == "/sign-out" and may:
            cookie = hall.sign_in(sort).cookie
        answer = hall.post(path, cookie)
    else:
        answer = hall.ask(path, cookie, method)
    if not may:
        assert answer.status == 403
        assert "<script" not in answer.text
        assert answer.reason in {"missing", "revoked", "elsewhere", "sign_in", "forbidden"}
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"]
    elif allowed == "told":
        assert answer.told
    else:
        assert answer.status == allowed


@pytest.mark.parametrize(
    "path", ["/nothing", "//", "/%2e%2e/", "/assets/../healthz", "/docs", "/HEALTHZ", "/ws/wall"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
def test_without_token_no_path_and_no_method_tells_anything(hall, path, method):
    assert hall.ask(path, None, method).status == 403
    assert hall.ask(f"{path}?token=", None, method).status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_display_may_only_look(hall, method):
    answer = hall.ask("/", hall.cookies["good"], method)
    assert (answer.status, answer.reason) == (403, "read_only")


def opens(stage, path, cookie, **headers):
    """Return 101 for a socket that speaks, the status or the close code of one that does not."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= {} if cookie is None else {"cookie": cookie}
    address = f"ws://127.0.0.1:{stage.port}{path}"
    try:
        with connect(address, additional_headers=named) as line:
            assert isinstance(frames.decode(line.recv(timeout=HANG_S)), frames.Hello)
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code
    except ConnectionClosed as closed:
        return closed.rcvd.code


def test_a_socket_of_another_page_or_path_is_shut_without_a_word(hall):
    elsewhere = {"origin": "http://elsewhere.example"}
    assert opens(hall, "/ws/wall", None, **elsewhere) == 403
    assert opens(hall, "/ws/wall", hall.cookies["good"], **elsewhere) == 403
    for path in ("/", "/_dash-ws-callback", "/ws/other"):
        assert opens(hall, path, None) == 403


# -- coming -------------------------------------------------------------------------------------


def test_the_address_gives_a_cookie_and_leads_on_without_the_token(guarded):
    token = guarded.token()
    answer = guarded.ask(f"/?lang=en&token={token}&kiosk=1")
    assert (answer.status, answer.headers["location"]) == (303, "/?lang=en&kiosk=1")
    given = {one.strip().lower() for one in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= given
    assert "secure" not in given
    assert token not in str(answer.headers)
    assert answer.headers["cache-control"] == "no-store"
    assert guarded.ask("/", answer.cookie).status == 200


def test_a_wrong_or_revoked_token_gets_the_plain_page_and_no_cookie(guarded):
    token = guarded.token()
    guarded.revoke()
    for wrong in (token, "x", "", token[:-1], "%00", "%ff", "🜚".encode().hex()):
        answer = guarded.ask(f"/?token={wrong}")
        assert (answer.status, answer.reason, answer.cookie) == (403, "wrong", None)
        assert "ioc wall tokens create" in answer.text


@pytest.mark.parametrize(
    ("behind_proxy", "said", "secure"),
    [(True, "https", True), (True, "http", False), (True, "", False), (False, "https", False)],
)
def test_only_a_trusted_proxy_is_believed(own_database_url, behind_proxy, said, secure):
    stage = Guarded(city(), NO_MAP, own_database_url, behind_proxy=behind_proxy)
    try:
        answer = stage.ask(
            f"/?token={stage.token()}",
            x_forwarded_proto=said, x_forwarded_for="6.6.6.6, 10.1.2.3",
        )  # fmt: skip
        assert ("secure" in answer.headers["set-cookie"].lower()) is secure
        told = stage.tell(lambda one: wall_tokens(one))
        assert told == ["10.1.2.3" if behind_proxy else "127.0.0.1"]
    finally:
        stage.end()


async def wall_tokens(connection):
    cursor = await connection.execute("SELECT last_address FROM display_token ORDER BY id")
    return [address for (address,) in await cursor.fetchall()]


def test_who_looks_is_known_behind_the_door(guarded):
    told = guarded.ask("/wall/kiosk.json", guarded.enter(guarded.token()))
    assert '"display":true' in told.text
    cookie = guarded.enter(guarded.token("other")).partition("=")[2]
    who = guarded._await(guarded.door.decide(cookie, "here"))
    assert who == Admitted((Grant(Role.DISPLAY),), "other", token=2)


def test_an_open_wall_needs_no_token_and_takes_it_out_of_the_address(stage):
    assert Guarded.ask(stage, "/").status == 200
    answer = Guarded.ask(stage, "/?token=abc&lang=en")
    assert (answer.status, answer.headers["location"], answer.cookie) == (303, "/?lang=en", None)
    assert '"display":false' in Guarded.ask(stage, "/wall/kiosk.json").text


# -- one wall each, and going -------------------------------------------------------------------


@contextmanager
def line(stage, cookie):
    """A socket that has heard its hello."""
    with connect(
        f"ws://127.0.0.1:{stage.port}/ws/wall", additional_headers={"cookie": cookie}
    ) as one:
        frames.decode(one.recv(timeout=HANG_S))
        yield one


def closed(one):
    """Return code and reason by which a socket was closed."""
    try:
        while True:
            one.recv(timeout=HANG_S)
    except ConnectionClosed as ended:
        return ended.rcvd.code, ended.rcvd.reason


def test_a_second_browser_takes_the_wall_over_and_the_first_is_told(guarded):
    token = guarded.token()
    first = guarded.enter(token)
    with line(guarded, first) as old:
        second = guarded.enter(token)
        with line(guarded, second) as new:
            assert closed(old) == (REFUSED, "elsewhere")
            answer = guarded.ask("/", first)
            assert (answer.status, answer.reason) == (403, "elsewhere")
            assert opens(guarded, "/ws/wall", first) == REFUSED
            guarded.second()
            assert new.recv(timeout=HANG_S)
        # Whoever opens the address again has it again.
        third = guarded.enter(token)
        assert guarded.ask("/", third).status == 200
        assert guarded.ask("/", second).reason == "elsewhere"
    assert guarded.do(guarded.hub.facts)["screens"] == 0


def test_a_revoked_wall_is_closed_while_it_runs_and_no_other(guarded):
    gone, stays = guarded.enter(guarded.token("gone")), guarded.enter(guarded.token("stays"))
    with line(guarded, gone) as one, line(guarded, stays) as other:
        guarded.revoke("gone")
        assert closed(one) == (REFUSED, "revoked")
        guarded.until(lambda: guarded.hub.facts()["screens"] == 1)
        guarded.second()
        assert other.recv(timeout=HANG_S)
    answer = guarded.ask("/", gone)
    assert (answer.status, answer.reason) == (403, "revoked")


def test_another_process_knows_at_once_who_sits_where(guarded, own_database_url):
    """Two walls over one database: what one has given, the other takes."""
    other = Guarded(city(), NO_MAP, own_database_url)
    try:
        token = guarded.token()
        first = guarded.enter(token)
        assert other.ask("/", first).status == 200
        with line(other, first) as old:
            second = guarded.enter(token)
            assert other.ask("/", second).status == 200
            assert closed(old) == (REFUSED, "elsewhere")
    finally:
        other.end()


def test_a_wall_that_is_looked_at_is_noted_in_the_list(own_database_url):
    now_s = [1000.0]
    stage = Guarded(city(), NO_MAP, own_database_url)
    try:
        stage.close()
        stage.door = TokenDoor(own_database_url, clock=lambda: now_s[0])
        stage.open("build-1")
        cookie = stage.enter(stage.token())
        stage.tell(forget)
        with line(stage, cookie):
            now_s[0] += 31
            stage.until(lambda: stage.door._noted_s == now_s[0])
            assert stage.tell(wall_tokens) == ["127.0.0.1"]
    finally:
        stage.end()


async def forget(connection):
    await connection.execute("UPDATE display_token SET last_address = NULL")


# -- the database is away -----------------------------------------------------------------------


def test_without_database_screens_stay_and_new_ones_are_told_to_wait(guarded):
    token, other = guarded.token(), guarded.token("other")
    cookie = guarded.enter(token)
    with line(guarded, cookie) as here:
        with guarded.database_away():
            assert guarded.ask("/", cookie).status == 200
            assert opens(guarded, "/ws/wall", cookie) == 101
            for path, who in ((f"/?token={other}", None), ("/", "ioc_display=9.abc")):
                answer = guarded.ask(path, who)
                assert (answer.status, answer.reason) == (503, "unchecked")
                assert answer.headers["retry-after"] == "10"
                assert '<meta http-equiv="refresh" content="10">' in answer.text
                assert "<script" not in answer.text
            assert opens(guarded, "/ws/wall", "ioc_display=9.abc") == UNCHECKED
            assert guarded.ask("/").reason == "missing"
            guarded.second()
            assert here.recv(timeout=HANG_S)
        assert guarded.ask("/", guarded.enter(other)).status == 200


def test_what_was_revoked_meanwhile_goes_when_the_database_is_back(guarded):
    cookie = guarded.enter(guarded.token())
    with line(guarded, cookie) as here:
        guarded.revoke()
        # Whether the door heard of it before or hears of it after: it ends, and says why.
        with guarded.database_away():
            pass
        assert closed(here) == (REFUSED, "revoked")


def test_a_wall_that_starts_without_database_lets_its_screens_in_once_it_is_there(guarded):
    cookie = guarded.enter(guarded.token())
    with guarded.database_away():
        guarded.renew_door()
        assert guarded.ask("/", cookie).reason == "unchecked"
        assert opens(guarded, "/ws/wall", cookie) == UNCHECKED
    assert guarded.ask("/", cookie).status == 200


def test_a_database_that_says_nothing_is_away(own_database_url):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        # It takes calls and never answers.
        threading.Thread(target=lambda: taken(mute), daemon=True).start()
        stage = Guarded(city(), NO_MAP, f"postgresql://ioc@127.0.0.1:{mute.getsockname()[1]}/ioc")
        try:
            assert stage.ask("/?token=abc").status == 503
            assert stage.ask("/").status == 403
        finally:
            stage.end()


def taken(server):
    kept = []
    try:
        while True:
            kept.append(server.accept())
    except OSError:
        return


# -- who decides --------------------------------------------------------------------------------

GOOD = {"kafka": "127.0.0.1:9092", "database_url": "postgresql://ioc@127.0.0.1/ioc"}


@pytest.mark.parametrize(
    ("given", "door"),
    [
        ({}, Everybody),
        ({"host": "::1"}, Everybody),
        ({"host": "localhost"}, Everybody),
        ({"host": "127.0.0.1", "admission": "token"}, TokenDoor),
        ({"host": "0.0.0.0"}, TokenDoor),
        ({"host": "::"}, TokenDoor),
        ({"host": "wall.example"}, TokenDoor),
        ({"host": "10.1.2.3"}, TokenDoor),
        (
            {"host": "10.1.2.3", "admission": "open", "open_to_the_whole_network": True},
            Everybody,
        ),
        ({"host": "10.1.2.3", "open_to_the_whole_network": True}, TokenDoor),
    ],
)
def test_a_wall_that_other_machines_reach_asks_for_tokens(given, door):
    settings = WallSettings(**{**GOOD, **given})
    assert type(wall.door_of(settings)) is door
    assert settings.is_open is (door is Everybody)


def test_a_door_that_is_told_of_a_proxy_believes_it():
    settings = WallSettings(**GOOD, admission="token", behind_trusted_proxy=True)
    assert wall.door_of(settings).behind_proxy


def test_a_stage_is_open_unless_told_otherwise(stage):
    assert isinstance(stage, Stage)
    assert isinstance(stage.door, Everybody)
