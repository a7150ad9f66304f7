"""Eight phones in one hand: one person joins, whatever the clock says."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import connection

from loyalty.models import Coupon, CouponTemplate, Standing
from loyalty.services import joining, programs
from members.models import Consent, Event, Identity, Member, StoreBinding
from members.services import consent
from stores.models import Brand, StoreCode
from stores.services import codes
from tests.factories import NOON, make_brand, make_member, make_region, make_store
from tests.races.hands import HANDS, at_once

PHONE = "16900001234"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def make_code(region=None):
    return codes.issue(make_store(region), kind=StoreCode.Kind.STORE, by=None, now=NOON)


def eight_join():
    code = make_code()
    program = programs.ensure(code.store.brand, now=NOON)
    CouponTemplate.objects.create(program=program, name="新人券", kind="amount", value=10, is_welcome=True, stock=5)
    return at_once(
        lambda n: joining.join(
            PHONE, code=code, agrees=True, wants_offers=False, language="zh-hans", visitor=f"v{n}", now=NOON
        )
    )


def test_eight_who_join_with_one_phone_become_one_member_with_one_coupon():
    answers = eight_join()

    assert [a for a in answers if isinstance(a, Exception)] == []
    assert len({answer.member.pk for answer in answers}) == 1
    assert sorted(answer.is_new for answer in answers) == [False] * 7 + [True]
    counts = [m.objects.count() for m in (Member, Identity, Coupon, Standing, StoreBinding)]
    assert counts == [1, 1, 1, 1, 1]
    assert CouponTemplate.objects.get().stock == 4
    assert Event.objects.filter(kind="member.joined").count() == 1


@pytest.fixture
def _no_unique_key():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE members_identity DROP CONSTRAINT members_identity_pkey")
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE members_identity")
        cursor.execute("ALTER TABLE members_identity ADD CONSTRAINT members_identity_pkey PRIMARY KEY (kind, value)")


@pytest.mark.usefixtures("_no_unique_key")
def test_without_the_unique_key_the_same_race_makes_several_members():
    eight_join()

    assert Member.objects.count() > 1


def eight_visit():
    region = make_region(make_brand(binding=Brand.Binding.LAST))
    member = make_member(home_store=make_store(region))
    places = [make_code(region) for _ in range(HANDS)]
    return member, at_once(lambda n: joining.visit(member, code=places[n], now=NOON))


def test_eight_scans_at_once_leave_one_open_binding_and_a_whole_history():
    member, answers = eight_visit()

    assert [a for a in answers if isinstance(a, Exception)] == []
    history = StoreBinding.objects.filter(member=member)
    assert history.filter(ended_at=None).count() == 1
    assert history.count() == HANDS + 1
    member.refresh_from_db()
    assert history.get(ended_at=None).store == member.home_store


def test_without_the_lock_on_the_member_the_scans_collide(monkeypatch):
    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda rows, **words: rows.all())

    member, answers = eight_visit()

    history = StoreBinding.objects.filter(member=member)
    collided = [a for a in answers if isinstance(a, Exception)]
    assert collided or history.count() != HANDS + 1


def test_no_consent_is_written_twice_by_a_race():
    eight_join()

    assert Consent.objects.count() == 2


def eight_say_yes(monkeypatch, *, patience):
    """Four on the card and four at the store, all of one member by file who never said yes.

    Each waits, when it has read whether there was a yes before, until the others have read it too. Under the lock they
    cannot get there together: the one that holds it goes on when its ``patience`` (seconds) is over.
    """
    code = make_code()
    program = programs.ensure(code.store.brand, now=NOON)
    CouponTemplate.objects.create(program=program, name="新人券", kind="amount", value=10, is_welcome=True)
    member = make_member(phone=PHONE, home_store=code.store)
    programs.enrol_many([member.pk], program, at=NOON)
    consent.ensure_texts(now=NOON)
    meeting, read = Barrier(HANDS), joining.consent.latest

    def read_and_meet(*given):
        seen = read(*given)
        with suppress(BrokenBarrierError):
            meeting.wait(timeout=patience)
        return seen

    monkeypatch.setattr(joining.consent, "latest", read_and_meet)
    words = {"agrees": True, "wants_offers": False, "language": "zh-hans", "now": NOON}
    return at_once(lambda n: joining.agree(PHONE, **words) if n % 2 else joining.join(PHONE, code=code, **words))


def test_a_first_yes_on_the_card_and_at_the_store_at_once_is_one_yes_and_one_coupon(monkeypatch):
    answers = eight_say_yes(monkeypatch, patience=0.5)

    assert [a for a in answers if isinstance(a, Exception)] == []
    assert sum(answer.coupon is not None for answer in answers) == 1
    assert (Coupon.objects.count(), Consent.objects.filter(purpose="membership").count()) == (1, 1)


def test_without_the_lock_on_the_member_every_one_of_them_takes_it_for_the_first(monkeypatch):
    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda rows, **words: rows.all())

    answers = eight_say_yes(monkeypatch, patience=20)

    assert any(isinstance(a, Exception) for a in answers) or Consent.objects.filter(purpose="membership").count() > 1
