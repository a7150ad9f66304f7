"""A scan becomes a membership, once."""

from datetime import timedelta

import pytest

from loyalty.models import Account, Coupon, CouponTemplate, Standing
from loyalty.services import joining, programs
from loyalty.services.joining import CannotJoin
from members.models import Consent, Event, Identity, Member, StoreBinding
from members.rules.numbers import is_number
from stores.models import Brand, LogEntry, Store, StoreCode
from stores.services import codes
from tests.factories import NOON, make_brand, make_member, make_phone, make_region, make_staff, make_store

LATER = NOON + timedelta(days=40)


def make_code(store=None, **given):
    store = store or make_store()
    return codes.issue(store, kind=StoreCode.Kind.STORE, by=None, now=NOON, **given)


def make_welcome(brand, **given):
    program = programs.ensure(brand, now=NOON)
    return CouponTemplate.objects.create(
        **{"program": program, "name": "新人券", "kind": "amount", "value": 10, "is_welcome": True} | given
    )


def join(code, phone=None, *, now=NOON, **given):
    words = {"agrees": True, "wants_offers": False, "language": "zh-hans", "now": now} | given
    return joining.join(phone or make_phone(), code=code, **words)


@pytest.mark.row("000-46")
def test_joining_makes_one_bound_member_with_consents_programme_and_coupon():
    code = make_code()
    make_welcome(code.store.brand)
    codes.record_scan(code, visitor="v1", now=NOON)

    done = join(code, "16900001234", name="王小明", wants_offers=True, visitor="v1", address="203.0.113.9")

    member = done.member
    assert (done.is_new, done.is_enrolled) == (True, True)
    assert is_number(member.number)
    assert (member.home_store, member.joined_code, member.name) == (code.store, code, "王小明")
    assert Identity.objects.get(kind=Identity.Kind.PHONE, value="16900001234", is_verified=True).member == member
    binding = StoreBinding.objects.get(member=member, ended_at=None)
    assert (binding.store, binding.code, binding.reason) == (code.store, code, "first")
    said = {row.purpose: row for row in Consent.objects.filter(member=member).select_related("text")}
    assert {purpose: row.is_given for purpose, row in said.items()} == {"membership": True, "marketing": True}
    assert said["membership"].text.version == 1
    assert said["membership"].address == "203.0.113.9"
    assert Standing.objects.get(member=member).tier.threshold == 0
    assert Account.objects.filter(member=member, balance=0).count() == 2
    assert done.coupon == Coupon.objects.get(member=member)
    assert Event.objects.filter(member=member, kind="member.joined").count() == 1
    assert LogEntry.objects.filter(action="member.joined", object_id=member.pk).count() == 1
    assert code.scans.get().joined_at == NOON
    assert Store.objects.get(pk=code.store_id).first_join_at == NOON


def test_joining_twice_changes_nothing_the_second_time():
    code = make_code()
    make_welcome(code.store.brand)

    first, again = join(code, "16900001234"), join(code, "16900001234", now=LATER)

    assert again.member == first.member
    assert (again.is_new, again.is_enrolled, again.coupon) == (False, False, None)
    assert [m.objects.count() for m in (Member, Coupon, StoreBinding, Standing)] == [1, 1, 1, 1]
    assert Consent.objects.count() == 2
    assert Event.objects.filter(kind="member.joined").count() == 1


def test_offers_are_off_unless_somebody_ticks_them():
    code = make_code()

    member = join(code).member

    assert Consent.objects.get(member=member, purpose="marketing").is_given is False


def test_a_member_who_joins_again_without_a_tick_keeps_the_offers():
    code = make_code()
    member = join(code, "16900001234", wants_offers=True).member

    join(code, "16900001234")

    assert [row.is_given for row in Consent.objects.filter(member=member, purpose="marketing")] == [True]


def test_switching_offers_off_and_on_leaves_each_answer():
    member = join(make_code(), wants_offers=True).member

    joining.set_offers(member, wanted=False, language="en", now=LATER)
    joining.set_offers(member, wanted=False, language="en", now=LATER)
    joining.set_offers(member, wanted=True, language="en", now=LATER + timedelta(days=1))

    rows = Consent.objects.filter(member=member, purpose="marketing").order_by("at", "pk")
    assert [(row.is_given, row.text.language) for row in rows] == [(True, "zh-hans"), (False, "zh-hans"), (True, "en")]


def test_nobody_joins_without_agreeing_to_the_terms():
    with pytest.raises(CannotJoin):
        join(make_code(), agrees=False)

    assert Member.objects.count() == Consent.objects.count() == 0


def test_nobody_joins_by_a_revoked_code_or_at_a_closed_store():
    revoked, closed = make_code(), make_code()
    codes.revoke(revoked, by=None, now=NOON, reason="lost")
    revoked.refresh_from_db()
    closed.store.closed_on = NOON.date()

    for code in (revoked, closed):
        with pytest.raises(CannotJoin):
            join(code)

    assert Member.objects.count() == 0


def test_a_member_of_one_brand_joins_another_as_the_same_person():
    here, there = make_code(), make_code(make_store(make_region(make_brand())))
    for code in (here, there):
        make_welcome(code.store.brand)

    first, second = join(here, "16900001234"), join(there, "16900001234", now=LATER)

    assert second.member == first.member
    assert (second.is_new, second.is_enrolled) == (False, True)
    assert Coupon.objects.filter(member=first.member).count() == 2
    assert Standing.objects.filter(member=first.member).count() == 2
    assert Member.objects.get().home_store == here.store  # each rule is the business of one brand


@pytest.mark.row("000-46")
@pytest.mark.parametrize(
    ("rule", "days", "moves"),
    [(Brand.Binding.FIRST, 0, False), (Brand.Binding.LAST, 0, True), (Brand.Binding.AFTER_DAYS, 41, False),
     (Brand.Binding.AFTER_DAYS, 40, True)],
)  # fmt: skip
def test_a_scan_at_another_store_follows_the_brands_rule_and_leaves_history(rule, days, moves):
    region = make_region(make_brand(binding=rule, binding_days=days))
    here, there = make_code(make_store(region)), make_code(make_store(region))
    member = join(here).member

    done = joining.visit(member, code=there, now=LATER)

    member.refresh_from_db()
    assert bool(done) is moves
    assert member.home_store == (there.store if moves else here.store)
    history = list(StoreBinding.objects.filter(member=member).order_by("bound_at", "pk"))
    assert [row.ended_at for row in history] == ([LATER, None] if moves else [None])
    assert StoreBinding.objects.filter(member=member, ended_at=None).count() == 1


def test_an_associates_code_binds_to_the_associate_and_the_store_code_does_not_unbind():
    store = make_store()
    ann = make_staff(store, role="associate")
    hers = codes.issue(store, kind=StoreCode.Kind.ASSOCIATE, by=None, now=NOON, associate=ann)

    member = join(hers).member
    joining.visit(member, code=make_code(store), now=LATER)

    member.refresh_from_db()
    assert member.associate == ann
    assert StoreBinding.objects.get(member=member).associate == ann


def test_a_member_who_came_by_file_gets_the_line_of_history_that_the_file_left_out():
    region = make_region(make_brand(binding=Brand.Binding.LAST))
    old, new = make_store(region), make_code(make_store(region))
    member = make_member(home_store=old)

    joining.visit(member, code=new, now=LATER)

    history = StoreBinding.objects.filter(member=member).order_by("bound_at", "pk")
    assert [(row.store, row.bound_at, row.ended_at, row.reason) for row in history] == [
        (old, member.joined_at, LATER, "imported"), (new.store, LATER, None, "latest"),
    ]  # fmt: skip


# --- the first yes on the card, at no store ------------------------------------------------------------
def agree(phone, **given):
    return joining.agree(phone, **{"agrees": True, "wants_offers": False, "language": "zh-hans", "now": NOON} | given)


def make_brought(*shops, phone="16900001234", home=None):
    """A member whom a file brought into the programmes of these stores' brands, who never said yes."""
    member = make_member(phone=phone, home_store=home)
    for n, shop in enumerate(shops):
        programs.enrol_many([member.pk], programs.ensure(shop.brand, now=NOON), at=NOON + timedelta(days=n))
    return member


def test_a_member_by_file_who_agrees_on_the_card_gets_the_home_brands_welcome_coupon_once():
    first, home = make_store(), make_store()
    make_welcome(first.brand)
    gift = make_welcome(home.brand)
    member = make_brought(first, home, home=home)

    done, again = agree("16900001234"), agree("16900001234", now=LATER)
    later = join(make_code(home), "16900001234", now=LATER)

    assert (done.member, done.is_new, done.is_enrolled, done.coupon.template) == (member, False, False, gift)
    assert (again.coupon, later.coupon) == (None, None)
    assert Coupon.objects.count() == 1


def test_without_a_home_store_the_first_programme_gives_the_coupon():
    first, second = make_store(), make_store()
    gift = make_welcome(first.brand)
    make_welcome(second.brand)
    make_brought(first, second)

    assert agree("16900001234").coupon.template == gift


def test_who_takes_part_nowhere_gets_the_coupon_of_the_brand_joined_later():
    code = make_code()
    make_welcome(code.store.brand)
    make_member(phone="16900001234")

    assert agree("16900001234").coupon is None
    assert join(code, "16900001234").coupon is not None


def test_nothing_is_given_without_the_yes():
    shop = make_store()
    make_welcome(shop.brand)
    make_brought(shop)

    with pytest.raises(CannotJoin):
        agree("16900001234", agrees=False)
    assert not Coupon.objects.exists()
    assert not Consent.objects.exists()
