"""Who may do what, to which rows: every address, every role, the other side's things."""

import time

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from stores import access
from stores.access import Permission as P
from stores.access import Role
from tests.flows.world import COUNTER, build, routes

pytestmark = [pytest.mark.row("000-45"), pytest.mark.slow]

ROLES = [role for role, _label in Role.CHOICES]
ROUTES = routes()
NAMED = [route for route in ROUTES if route.parameters]
PLAIN = [route for route in ROUTES if not route.parameters]
# permissions by role, written down a second time: a change in stores/access.py must be meant
SHOP = {P.COUNTER_USE, P.COUPON_REDEEM, P.MEMBER_VIEW, P.CODE_VIEW, P.ACCOUNT_OWN}
LOOK = {P.HOME_VIEW, P.MEMBER_VIEW, P.ORDER_VIEW, P.STORE_VIEW, P.CODE_VIEW, P.ACCOUNT_OWN}
FIELD = LOOK | {P.STAFF_VIEW, P.CODE_ISSUE}
DESK = LOOK | {
    P.ORDER_EXPORT,
    P.PRODUCT_VIEW,
    P.PROGRAM_VIEW,
    P.COUPON_VIEW,
    P.CHANNEL_VIEW,
    P.SEGMENT_VIEW,
    P.TAG_VIEW,
}
DESK |= {P.CAMPAIGN_VIEW, P.SENDER_VIEW}
EXPECTED = {
    Role.ADMIN: set(P) - {P.COUNTER_USE, P.COUPON_REDEEM, P.PROMOTION_START},
    Role.MARKETER: DESK
    | {P.MEMBER_EDIT, P.MEMBER_REVEAL, P.MEMBER_EXPORT, P.MEMBER_IMPORT, P.PRODUCT_IMPORT, P.POINTS_ADJUST}
    | {P.PROGRAM_EDIT, P.COUPON_EDIT, P.CODE_ISSUE, P.STAFF_VIEW, P.SEGMENT_EDIT, P.TAG_EDIT}
    | {P.CAMPAIGN_EDIT, P.CAMPAIGN_LAUNCH, P.SENDER_EDIT, P.PRIVACY_VIEW},
    Role.ANALYST: DESK,
    Role.REGION_MANAGER: FIELD | {P.STAFF_EDIT},
    Role.DEALER: FIELD,
    Role.STORE_MANAGER: SHOP
    | {P.STORE_VIEW, P.STAFF_VIEW, P.CODE_ISSUE, P.MEMBER_REVEAL, P.ORDER_VIEW, P.PROMOTION_START},
    Role.ASSOCIATE: SHOP,
}


@pytest.fixture
def near():
    return build("A")


@pytest.fixture
def far():
    return build("B")


def browser_of(person) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(person)
    return client


def ask(client, method, url):
    response = getattr(client, method)(url)
    text_of(response)
    return response.status_code


# --- the matrix ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ROLES)
def test_each_role_holds_exactly_the_permissions_that_are_written_down(role):
    assert set(access.ROLES[role]) == EXPECTED[role]


def test_every_address_of_both_doors_names_its_permission():
    assert [route.name for route in ROUTES if not isinstance(route.permission, P)] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_address_opens_for_those_who_may_and_for_nobody_else(near, role):
    client, wrong = browser_of(near.people[role]), []
    for route in ROUTES:
        url = route.url(near.things) if route.parameters else reverse(route.name)
        status = ask(client, "get", url)
        if status == 405 and not access.may(near.people[role], route.permission):
            status = ask(client, "post", url)
        may = access.may(near.people[role], route.permission)
        if (status == 403) == may and not (route.name == "home" and role in Role.STORE and status == 302):
            wrong.append((route.name, status, "may" if may else "may not"))

    assert wrong == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_are_sent_to_sign_in(near, method):
    open_doors = []
    for route in ROUTES:
        url = route.url(near.things) if route.parameters else reverse(route.name)
        response = getattr(Client(), method)(url)
        if response.status_code != 405 and not response.headers.get("Location", "").startswith("/accounts/login/"):
            open_doors.append((route.name, response.status_code))

    assert open_doors == []


# --- the other side's things ---------------------------------------------------------------------------
@pytest.mark.parametrize("role", ROLES)
def test_a_strangers_thing_is_not_found_whatever_one_does_to_it(near, far, role):
    """A new address whose family nobody told `world.py` about fails here with a KeyError."""
    person, found = near.people[role], []
    client = browser_of(person)
    for route in NAMED:
        may = access.may(person, route.permission)
        for method in ("get", "post"):
            status = ask(client, method, route.url(far.things))
            if status not in ({404, 405} if may else {403, 405}):
                found.append((route.name, method, status))

    assert found == []


def test_the_same_addresses_do_open_for_ones_own_things(near):
    """The twin of the test above: without it, wrong keys would look like good fences."""
    shut = []
    clients = {role: browser_of(person) for role, person in near.people.items()}
    for route in NAMED:
        if route.name in {"account-session-end", "code-archive-file"}:
            continue  # about oneself, tested beside the session list; made in the background, tested with archives
        role = Role.STORE_MANAGER if route.door == COUNTER else Role.ADMIN
        status = ask(clients[role], "get", route.url(near.things))
        if status not in {200, 302, 405}:
            shut.append((route.name, status))

    assert shut == []


# --- nothing leaks -------------------------------------------------------------------------------------
def bodies(client, sides):
    """Every page that this browser can get: each address with own and with strange things, searches and files."""
    for route in PLAIN:
        yield route.name, client.get(reverse(route.name))
    for route in NAMED:
        for side in sides:
            yield route.name, client.get(route.url(side.things))
    for side in sides:
        for text in side.secrets[:5]:
            yield f"find {text}", client.post(reverse("counter-find"), {"q": text})
            for name in ("member-list", "order-list", "staff-list", "code-list", "store-list"):
                yield f"{name} {text}", client.get(reverse(name), {"q": text})
    for name in ("member-list", "order-list", "staff-list", "code-list", "store-list"):
        yield f"{name} file", client.get(reverse(name), {"export": "csv"})


def text_of(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace")


@pytest.mark.parametrize("role", [Role.STORE_MANAGER, Role.ASSOCIATE, Role.DEALER, Role.REGION_MANAGER])
def test_no_page_shows_anything_of_the_other_sides_members_and_staff(near, far, role):
    client, leaks, seen = browser_of(near.people[role]), [], 0
    for name, response in bodies(client, [near, far]):
        said = text_of(response).replace(name.partition(" ")[2] or "\0", "")
        seen += any(secret in said for secret in near.secrets)
        leaks += [(name, secret) for secret in far.secrets if secret in said]

    assert leaks == []
    assert seen > 5, "the walk must have met the own things, or it proves nothing"


def test_the_api_does_not_take_a_portal_session(near):
    client = browser_of(near.people[Role.STORE_MANAGER])

    for method, path in [
        ("post", "orders"), ("post", "orders/batch"), ("post", "members/lookup"), ("post", "coupons/check"),
        ("post", "coupons/redeem"), ("post", "coupons/undo"),
    ]:  # fmt: skip
        status = getattr(client, method)(f"/api/v1/{path}", data={}, content_type="application/json").status_code
        assert status == 401, path


# --- reading changes nothing ---------------------------------------------------------------------------
KEPT = {"django_session", "usersessions_usersession", "cache", "axes_accesslog"}


NOTED = {("import-errors", "stores_logentry")}  # taking personal data away leaves a line in the log


def fingerprint() -> dict[str, tuple]:
    """Count and hash of all rows of every table, but for what a session itself leaves."""
    tables = sorted(set(connection.introspection.table_names()) - KEPT)
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f'SELECT count(*), sum(hashtextextended(t::text, 0)) FROM "{table}" t')
            found[table] = cursor.fetchone()
    return found


def changed(before, after) -> list[str]:
    return [table for table in before if before[table] != after[table]]


def test_reading_every_page_changes_nothing(near):
    clients = {role: browser_of(near.people[role]) for role in (Role.ADMIN, Role.STORE_MANAGER)}
    blamed = {}
    before = fingerprint()
    for route in ROUTES:
        for client in clients.values():
            ask(client, "get", route.url(near.things) if route.parameters else reverse(route.name))
        after = fingerprint()
        if tables := [name for name in changed(before, after) if (route.name, name) not in NOTED]:
            blamed[route.name] = tables
        before = after

    assert blamed == {}


def test_the_fingerprint_notices_a_single_changed_letter(near):
    before = fingerprint()
    type(near.store).objects.filter(pk=near.store.pk).update(city="苏州")

    assert changed(before, fingerprint()) == ["stores_store"]


# --- headers -------------------------------------------------------------------------------------------
def test_every_answer_carries_the_browsers_orders(near):
    client, bare = browser_of(near.people[Role.ADMIN]), []
    urls = [route.url(near.things) if route.parameters else reverse(route.name) for route in ROUTES]
    for url in [*urls, "/nowhere/", "/accounts/login/", "/accounts/password/", "/healthz"]:
        for browser, is_in in ((client, True), (Client(), False)):
            got = browser.get(url)
            policy = got.headers.get("Content-Security-Policy", "")
            fine = (
                got.headers.get("X-Content-Type-Options") == "nosniff"
                and got.headers.get("X-Frame-Options") == "DENY"
                and got.headers.get("Referrer-Policy") == "same-origin"
                and "object-src 'none'" in policy and "frame-ancestors 'none'" in policy
                and "base-uri 'none'" in policy and "unsafe" not in policy
                and (not is_in or got.headers.get("Cache-Control") == "no-store")
            )  # fmt: skip
            text_of(got)
            if not fine:
                bare.append((url, is_in, got.status_code, dict(got.headers)))

    assert bare == []


# --- at the size of the row ----------------------------------------------------------------------------
@pytest.mark.slow
def test_with_two_thousand_stores_a_manager_still_meets_only_the_own_one(near, far, record_property):
    crowd(near, far, stores=2000, people=3, members=3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the server does by itself after so many rows
    client, leaks = browser_of(near.people[Role.STORE_MANAGER]), []
    strange = [*far.secrets, "群客", "crowd."]

    for name, response in bodies(client, [near, far]):
        said = text_of(response).replace(name.partition(" ")[2] or "\0", "")
        leaks += [(name, secret) for secret in strange if secret in said]

    assert leaks == []
    for name in ("member-list", "order-list", "staff-list", "counter-home", "counter-joined", "store-list"):
        started = time.perf_counter()
        client.get(reverse(name))
        took = time.perf_counter() - started
        record_property(f"{name} ms", round(took * 1000))  # published by bench/pages.py


def crowd(near, far, *, stores, people, members) -> None:
    """Two thousand stores with their people and members, half on each side, none of them the manager's."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH shops AS (
                INSERT INTO stores_store (code, brand_id, region_id, name, name_en, province, city, address, phone,
                                          time_zone, created_at)
                SELECT 'CR' || n, s.brand_id, s.region_id, '群店' || n, '', '', '', '', '', 'Asia/Shanghai', s.created_at
                FROM generate_series(1, %(stores)s) n JOIN stores_store s ON s.id = CASE n %% 2 WHEN 0 THEN %(a)s
                                                                                    ELSE %(b)s END
                RETURNING id
            ), folk AS (
                INSERT INTO stores_staff (password, is_superuser, username, name, email, phone, role, scope, language,
                                          time_zone, is_active, must_change_password, created_at)
                SELECT '!', false, 'crowd.' || shops.id || '.' || p, '群员', '', '', 'associate', 'store', 'en',
                       'Asia/Shanghai', true, false, now()
                FROM shops, generate_series(1, %(people)s) p
                RETURNING id, username
            )
            INSERT INTO stores_grant (staff_id, store_id, granted_at)
            SELECT id, split_part(username, '.', 2)::bigint, now() FROM folk
            """,
            {"stores": stores, "people": people, "a": near.store.pk, "b": far.store.pk},
        )
    Member = type(near.member)
    shops = list(type(near.store).objects.filter(code__startswith="CR").values_list("pk", flat=True))
    Member.objects.bulk_create(
        [
            Member(
                number=f"C{shop:07d}{n}", name=f"群客{shop}", home_store_id=shop, joined_at=near.member.joined_at,
                created_at=near.member.joined_at, updated_at=near.member.joined_at,
            )
            for shop in shops
            for n in range(members)
        ],
        batch_size=2000,
    )  # fmt: skip
