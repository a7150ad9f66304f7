"""Partners join, find and edit members, and pass on what they said; strangers stay strangers."""

import json

import pytest
import time_machine

from loyalty.models import Coupon, Standing
from members.models import Consent, Event, Identity, Member
from members.services import identity
from stores.models import Channel, LogEntry
from stores.rules.scopes import Scope
from stores.services import keys
from tests.factories import NOON, make_channel, make_member, make_phone, make_store
from tests.loyalty.coupons import make_template
from tests.loyalty.receipts import make_shop, phone_of
from tests.web.api.test_orders import order


class Partner:
    """An app with a key that may do everything."""

    def __init__(self, client, channel, scopes=tuple(Scope.values), stores=()):
        _, self.token = keys.issue(channel, name="app", stores=stores, scopes=scopes, by=None, now=NOON)
        self.client = client

    def ask(self, method, path, body=None, **headers):
        given = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"} | headers
        words = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        answer = getattr(self.client, method)(f"/api/v1{path}", headers=given, **words)
        return answer.status_code, answer.json()

    def get(self, path):
        return self.ask("get", path)

    def post(self, path, body, **headers):
        return self.ask("post", path, body, **headers)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def shop(db):
    return make_shop()


@pytest.fixture
def app(client, shop):
    return Partner(client, make_channel(kind=Channel.Kind.APP, brand=shop[0].brand))


def joining(store, phone, **consents):
    return {"phone": phone, "store": store.code, "language": "en", "consents": {"membership": True} | consents}


# --- joining -------------------------------------------------------------------------------------------
def test_somebody_joins_once_with_the_consents_they_gave(app, shop):
    make_template(shop[0].brand, is_welcome=True)
    phone = make_phone()

    status, told = app.post("/members", joining(shop[0], phone, marketing=False))
    again, same = app.post("/members", joining(shop[0], phone))

    assert (status, told["status"], told["is_enrolled"]) == (201, "joined", True)
    assert (again, same["status"], same["is_enrolled"], same["coupon"]) == (200, "known", False, None)
    assert same["member"] == told["member"]
    assert told["coupon"] == Coupon.objects.get().code
    member = Member.objects.get()
    said = {each.purpose: (each.is_given, each.method, each.text.language) for each in Consent.objects.all()}
    assert said == {"membership": (True, "api", "en"), "marketing": (False, "api", "en")}
    assert (member.home_store, member.joined_channel.kind) == (shop[0], "app")


def test_what_nobody_asked_is_not_answered(app, shop):
    app.post("/members", joining(shop[0], make_phone()))

    assert list(Consent.objects.values_list("purpose", flat=True)) == ["membership"]


def test_without_a_yes_to_the_terms_nobody_joins(app, shop):
    body = joining(shop[0], make_phone()) | {"consents": {"membership": False, "marketing": True}}

    status, told = app.post("/members", body)

    assert (status, told["code"]) == (422, "cannot_join")
    assert app.post("/members", {k: v for k, v in body.items() if k != "consents"})[1]["code"] == "malformed"
    assert not Member.objects.exists()


@pytest.mark.parametrize("changed", [{"phone": "12345"}, {"store": "nowhere"}, {"language": "fr"}, {"name": "a\nb"}])
def test_a_joining_that_makes_no_sense_is_refused(app, shop, changed):
    status, _told = app.post("/members", joining(shop[0], make_phone()) | changed)

    assert status in {404, 422}
    assert not Member.objects.exists()


def test_a_member_of_another_brand_joins_this_one_too(app, shop):
    member = make_member()

    status, told = app.post("/members", joining(shop[0], phone_of(member)))

    assert (status, told["status"], told["is_enrolled"], told["member"]["number"]) == (
        200,
        "known",
        True,
        member.number,
    )
    assert Standing.objects.get().program.brand == shop[0].brand


# --- profile -------------------------------------------------------------------------------------------
def test_a_profile_is_changed_where_it_is_named_and_the_log_keeps_it_masked(app, shop):
    member = make_member(home_store=shop[0], gender="f")

    status, told = app.ask("patch", f"/members/{member.number}", {"name": "李雷", "birthday": "1990-01-05"})

    member.refresh_from_db()
    assert (status, told["name"]) == (200, "李*")
    assert (member.name, str(member.birthday), member.gender) == ("李雷", "1990-01-05", "f")
    assert "李雷" not in str(LogEntry.objects.get(action="member.edited").after)
    assert Event.objects.get(kind="member.edited").data == {"fields": ["name", "birthday"]}
    app.ask("patch", f"/members/{member.number}", {"birthday": None})
    member.refresh_from_db()
    assert (member.name, member.birthday) == ("李雷", None)


@pytest.mark.parametrize("body", [{}, {"gender": "x"}, {"birthday": "1800-01-01"}, {"name": "x" * 61}, {"note": "x"}])
def test_a_profile_that_cannot_be_is_refused(app, shop, body):
    member = make_member(home_store=shop[0])

    assert app.ask("patch", f"/members/{member.number}", body)[0] == 422


# --- identities ----------------------------------------------------------------------------------------
def test_an_identity_is_attached_once_and_shown_masked(app, shop):
    member, other = make_member(home_store=shop[0]), make_member(home_store=shop[0])
    sent = {"kind": "openid", "value": "oABCdefgh12345678"}

    first = app.post(f"/members/{member.number}/identities", sent)
    again = app.post(f"/members/{member.number}/identities", sent)
    taken = app.post(f"/members/{other.number}/identities", sent)

    assert first == again
    assert (first[0], first[1]["value"], first[1]["is_verified"]) == (200, "oAB****5678", False)
    assert (taken[0], taken[1]["code"]) == (409, "identity_taken")
    Channel.objects.update(shares=["phone", "openid"])
    listed = app.get(f"/members/{member.number}/identities")[1]["items"]
    assert [each["kind"] for each in listed] == ["phone", "openid"]
    assert phone_of(member) not in str(listed)
    assert app.post("/members/lookup", {"openid": sent["value"]})[1]["number"] == member.number


@pytest.mark.parametrize(
    "body", [{"kind": "phone", "value": "1"}, {"kind": "email", "value": "a"}, {"kind": "x", "value": "a"}]
)
def test_an_identity_that_is_none_is_refused(app, shop, body):
    member = make_member(home_store=shop[0])

    assert app.post(f"/members/{member.number}/identities", body)[0] == 422
    assert Identity.objects.count() == 1


# --- consents ------------------------------------------------------------------------------------------
def test_a_yes_and_a_no_are_written_with_the_text_they_were_given_to(app, shop):
    path = f"/members/{make_member(home_store=shop[0]).number}/consents"

    yes = app.post(path, {"purpose": "marketing", "is_given": True, "language": "en", "store": shop[0].code})[1]
    no = app.post(path, {"purpose": "marketing", "is_given": False})[1]
    refused = app.post(path, {"purpose": "membership", "is_given": False})[1]

    assert (yes["items"][0]["is_given"], yes["items"][0]["text_language"]) == (True, "en")
    assert len(yes["items"][0]["text_sha256"]) == 64
    assert no["items"][0]["is_given"] is False
    assert {each["purpose"] for each in refused["items"]} == {"marketing", "membership"}
    kinds = list(Event.objects.filter(kind__startswith="consent.").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["consent.given", "consent.withdrawn", "consent.refused"]


# --- points --------------------------------------------------------------------------------------------
def test_the_ledger_is_read_page_by_page_and_adds_up(app, shop):
    store, member = shop[0], make_member()
    for n in range(5):
        app.post("/orders", order(store, member, number=f"N-{n}", amount="100"))

    path, entries = f"/members/{member.number}/ledger?asset=points&limit=2", []
    after, pages = "", 0
    while after is not None:
        told = app.get(f"{path}&cursor={after}" if after else path)[1]
        entries, after, pages = entries + told["items"], told["next"], pages + 1
    holding = app.get(f"/members/{member.number}/points")[1]["items"][0]

    assert (pages, len(entries), len({each["id"] for each in entries})) == (3, 5, 5)
    assert sum(each["amount"] for each in entries) == holding["points"] == entries[0]["balance_after"] == 500


@pytest.mark.parametrize("cursor", ["x", "e30", "WyJhIl0", "Wy0xXQ", "WzEsMl0", "%00", "W3RydWVd"])
def test_a_mark_that_is_not_ours_is_refused(app, shop, cursor):
    member = make_member(home_store=shop[0])

    status, told = app.get(f"/members/{member.number}/ledger?cursor={cursor}")

    assert (status in {400, 422}, set(told)) == (True, {"type", "title", "detail", "code"})


# --- orders, stores, products --------------------------------------------------------------------------
def test_a_channel_reads_the_orders_that_it_sent(client, app, shop):
    store, member = shop[0], make_member()
    for n in range(3):
        sent = order(store, member, number=f"N/{n}", lines=[{"sku": "A", "amount": "88.90"}])
        app.post("/orders", sent)
    app.post("/orders/N%2F0/refunds", {"number": "R", "amount": "8.90", "refunded_at": NOON.isoformat()})

    first = app.get("/orders?limit=2")[1]
    rest = app.get(f"/orders?limit=2&cursor={first['next']}")[1]
    whole = app.get("/orders/N%2F0")[1]

    assert [each["number"] for each in first["items"] + rest["items"]] == ["N/2", "N/1", "N/0"]
    assert rest["next"] is None
    assert (whole["member"], whole["refunded"], whole["lines"][0]["sku"]) == (member.number, "8.90", "A")
    assert whole["refunds"][0]["amount"] == "8.90"
    other = Partner(client, make_channel(brand=store.brand))
    assert other.get("/orders")[1]["items"] == []
    assert other.get("/orders/N%2F0")[0] == 404


def test_stores_and_products_are_read_page_by_page(client, app, shop):
    make_store()
    near = [make_store(shop[0].region) for _ in range(3)]

    codes, after = [], ""
    while after is not None:
        told = app.get(f"/stores?limit=2&cursor={after}" if after else "/stores?limit=2")[1]
        codes, after = codes + [each["code"] for each in told["items"]], told["next"]

    assert codes == sorted([shop[0].code, *(each.code for each in near)])
    assert app.get("/products")[1] == {"items": [], "next": None}
    assert app.get("/categories")[1] == {"items": []}


# --- strangers -----------------------------------------------------------------------------------------
ASKED = [
    ("get", "/members/{}", None), ("patch", "/members/{}", {"name": "x"}), ("get", "/members/{}/identities", None),
    ("post", "/members/{}/identities", {"kind": "card", "value": "C1"}), ("get", "/members/{}/consents", None),
    ("post", "/members/{}/consents", {"purpose": "marketing", "is_given": True}), ("get", "/members/{}/points", None),
    ("get", "/members/{}/ledger", None),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_a_stranger_is_nobody_and_nothing_changes(app, shop, method, path, body):
    stranger = make_member(home_store=make_store())

    assert app.ask(method, path.format(stranger.number), body)[0] == 404
    assert app.ask(method, path.format("M0000000000"), body)[0] == 404
    assert (Identity.objects.count(), Consent.objects.count()) == (1, 0)


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_a_key_without_the_scope_is_refused(client, shop, method, path, body):
    bare = Partner(client, make_channel(brand=shop[0].brand), scopes=[])
    member = make_member(home_store=shop[0])

    assert bare.ask(method, path.format(member.number), body)[1]["code"] == "scope_missing"


def test_an_attached_identity_finds_the_member_from_then_on(app, shop):
    member = make_member(home_store=shop[0])
    app.post(f"/members/{member.number}/identities", {"kind": "card", "value": "C-77"})

    assert identity.resolve(card="C-77") == member
