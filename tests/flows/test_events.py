"""What readers of events may rely on: each kind says whose, when and where, and names its sources the same way."""

from datetime import timedelta

from loyalty.models import CouponTemplate
from loyalty.services import adjusting, importing, joining, orders, programs
from members.models import Event, Identity, Member
from stores.models import Brand, StoreCode
from stores.services import codes
from tests.factories import NOON, make_brand, make_channel, make_region, make_staff, make_store
from tests.imports.files import HEADERS, csv_file, row
from tests.loyalty.receipts import new_order, new_refund

PHONE = "16900001234"
LATER = NOON + timedelta(days=40)
# kind → has a store, has a channel, what its data names at least
SHAPES = {
    "member.joined": (True, False, {"code"}),
    "member.bound": (True, False, {"reason", "associate", "code"}),
    "member.imported": (True, False, {"run", "row"}),
    "program.joined": (True, False, {"program", "brand"}),
    "consent.given": (True, False, {"purpose", "version"}),
    "consent.refused": (True, False, {"purpose", "version"}),
    "consent.withdrawn": (False, False, {"purpose", "version"}),
    "order.paid": (True, True, {"order", "number", "amount"}),
    "order.refunded": (True, True, {"order", "refund", "number", "amount"}),
    "tier.changed": (False, False, {"program", "before", "after", "growth"}),
    "coupon.issued": (False, False, {"program", "coupon", "template", "source"}),
    "points.adjusted": (False, False, {"program", "asset", "amount", "balance"}),
}


def live(tmp_path):
    """A member joins, moves, buys, gives back, is corrected and says no; another one comes by file."""
    region = make_region(make_brand(code="qh", binding=Brand.Binding.LAST))
    home, other = make_store(region), make_store(region)
    program = programs.ensure(region.brand, now=NOON)
    CouponTemplate.objects.create(program=program, name="新人券", kind="amount", value=10, is_welcome=True)
    first, second = (codes.issue(store, kind=StoreCode.Kind.STORE, by=None, now=NOON) for store in (home, other))
    words = {"agrees": True, "language": "zh-hans", "now": NOON}
    member = joining.join(PHONE, code=first, wants_offers=False, **words).member
    joining.set_offers(member, wanted=True, language="zh-hans", now=NOON)
    joining.set_offers(member, wanted=False, language="zh-hans", now=NOON)
    joining.visit(member, code=second, now=LATER)
    order = new_order(home, make_channel(brand=region.brand), member, amount="5000", paid_at=LATER)
    orders.settle(order, now=LATER)
    orders.refund(new_refund(order, amount="10", at=LATER), now=LATER)
    boss = make_staff()
    adjusting.adjust(member, program, asset="points", amount=5, reason="thanks", form_id="f", by=boss, now=LATER)
    file = csv_file(tmp_path / "a.csv", [HEADERS, row(card="C1", phone="16900005678", store=home.code)])
    run = importing.start(file, kind="members", by=None, now=NOON, brand=region.brand)
    importing.apply(importing.plan(run, now=NOON), now=NOON)


def test_every_kind_of_event_says_whose_when_where_and_from_what(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    live(tmp_path)

    wrong = []
    for event in Event.objects.all():
        has_store, has_channel, names = SHAPES[event.kind]
        offers = event.kind.startswith("consent.") and event.data["purpose"] == "marketing"  # also said on the card
        if not (event.member_id and event.at and event.recorded_at):
            wrong.append((event.kind, "whose or when"))
        if (bool(event.store_id), bool(event.channel_id)) != (has_store, has_channel) and not offers:
            wrong.append((event.kind, "where", event.store_id, event.channel_id))
        if not names <= set(event.data):
            wrong.append((event.kind, names - set(event.data)))

    assert wrong == []
    assert set(Event.objects.values_list("kind", flat=True)) == set(SHAPES)


def test_no_event_holds_what_names_a_person(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    live(tmp_path)
    told = " ".join(str(event.data) for event in Event.objects.all())

    kept = [
        *Identity.objects.values_list("value", flat=True),
        *Member.objects.exclude(name="").values_list("name", flat=True),
    ]
    assert [value for value in kept if len(value) > 2 and value in told] == []
