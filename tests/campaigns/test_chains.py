"""What followed a message, person by person, and the sums of it; and what members say about it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from campaigns.models import Delivery, Feedback
from campaigns.queries import chains, deliveries
from campaigns.rules import links as tokens
from campaigns.services import feedback, links
from campaigns.services.feedback import FeedbackProblem
from loyalty.models import Coupon
from tests.campaigns import makers
from tests.campaigns.makers import make_campaign, make_members, run
from tests.factories import NOON, make_order, make_staff, make_store
from tests.loyalty.coupons import make_template

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def token(delivery, purpose=tokens.FEEDBACK):
    return tokens.token(delivery.pk, purpose, settings.LINK_KEY)


def message_to(member, campaign):
    return Delivery.objects.get(member=member, campaign=campaign)


@pytest.fixture
def shop():
    return make_store()


@pytest.fixture
def told(shop):
    """A campaign with a coupon, said to four members at noon."""
    members = make_members(4, home_store=shop)
    template = make_template(shop.brand)
    campaign = make_campaign(members, brand=shop.brand, coupon_template=template, window_days=14)
    run()
    return campaign, members


@pytest.mark.row("003-21")
def test_a_planted_member_shows_the_five_links_with_times_and_the_sums_are_those_of_the_persons(shop, told):
    campaign, (planted, once, late, _idle) = told
    row = message_to(planted, campaign)
    links.open_link(token(row, tokens.OPEN), is_robot=False, now=NOON + HOUR)
    Coupon.objects.filter(member=planted).update(
        redeemed_at=NOON + DAY, redeemed_store=shop, discount=Decimal(5)
    )  # fmt: skip
    make_order(shop, member=planted, paid_at=NOON + DAY + HOUR)  # the same visit
    again = make_store(shop.region)
    make_order(again, member=planted, paid_at=NOON + 3 * DAY)
    make_order(shop, member=planted, paid_at=NOON + 5 * DAY)  # a third one
    feedback.answer(token(row), 5, "很好！", now=NOON + 4 * DAY)
    make_order(shop, member=once, paid_at=NOON + 2 * DAY)
    make_order(shop, member=once, paid_at=NOON - DAY)  # before the message
    make_order(shop, member=late, paid_at=NOON + 14 * DAY)  # the window is over

    everybody = deliveries.for_list(make_staff(), campaign)
    found = {chain.delivery: chain for chain in chains.of(everybody, campaign)}

    one = found[row.pk]
    assert (one.told_at, one.opened_at, one.coupon_at, one.used_at) == (NOON, NOON + HOUR, NOON, NOON + DAY)
    assert (one.visit_at, one.visit_store) == (NOON + DAY, shop.pk)
    assert (one.again_at, one.again_store) == (NOON + 3 * DAY, again.pk)
    assert (one.feedback_at, one.score, one.words) == (NOON + 4 * DAY, 5, "很好！")
    two = found[message_to(once, campaign).pk]
    assert (two.visit_at, two.again_at, two.feedback_at) == (NOON + 2 * DAY, None, None)
    assert found[message_to(late, campaign).pk].visit_at is None

    sums = chains.sums(everybody, campaign)
    names = {"told": "told_at", "opened": "opened_at", "given": "coupon_at", "used": "used_at", "visited": "visit_at",
             "again": "again_at", "answered": "feedback_at"}  # fmt: skip
    assert vars(sums) == {
        name: sum(getattr(chain, link) is not None for chain in found.values()) for name, link in names.items()
    }
    assert vars(sums) == {"told": 4, "opened": 1, "given": 4, "used": 1, "visited": 2, "again": 1, "answered": 1}


def test_a_days_visits_are_one_by_the_stores_own_clock(shop, told):
    campaign, (member, *_rest) = told
    make_order(shop, member=member, paid_at=NOON + timedelta(hours=11))  # 23:00 in Shanghai
    make_order(shop, member=member, paid_at=NOON + timedelta(hours=13))  # 01:00 the next day
    chain = chains.of(Delivery.objects.filter(member=member), campaign)[0]
    assert chain.again_at == NOON + timedelta(hours=13)


def test_who_sees_a_part_of_the_members_sees_their_chains_and_their_sums_only(shop, told):
    campaign, _members = told
    stranger = make_members(1, home_store=make_store())[0]
    Delivery.objects.filter(member=_members[0]).update(member=stranger)
    mine = deliveries.for_list(make_staff(shop), campaign)
    assert len(chains.of(mine, campaign)) == 3
    assert chains.sums(mine, campaign).told == 3


def test_a_message_that_never_left_has_no_chain():
    campaign = make_campaign(make_members(2, consent=False))
    run()
    assert chains.of(Delivery.objects.all(), campaign) == []
    assert chains.sums(Delivery.objects.all(), campaign) == chains.Sums()


# --- feedback ------------------------------------------------------------------------------------------
def test_the_last_answer_counts_and_there_is_one(told):
    campaign, (member, *_rest) = told
    path = token(message_to(member, campaign))
    assert feedback.given(path) is None
    feedback.answer(path, 2, "\x00太贵\n了" + "长" * 400, now=NOON)
    feedback.answer(path, 4, now=NOON + HOUR)
    held = Feedback.objects.get()
    assert (held.score, held.words, held.at) == (4, "", NOON + HOUR)
    assert feedback.brand_of(path) == campaign.brand


def test_only_the_link_of_a_message_that_left_takes_an_answer_from_1_to_5(told):
    campaign, (member, *_rest) = told
    row = message_to(member, campaign)
    for score in (0, 6, -1):
        with pytest.raises(FeedbackProblem):
            feedback.answer(token(row), score, now=NOON)
    for wrong in (token(row, tokens.OPEN), token(row)[:-1] + "0", ""):
        with pytest.raises(links.NoSuchLink):
            feedback.answer(wrong, 5, now=NOON)
    Delivery.objects.filter(pk=row.pk).update(sent_at=None, status=makers.Status.SUPPRESSED)
    with pytest.raises(FeedbackProblem):
        feedback.answer(token(row), 5, now=NOON)
    with pytest.raises(IntegrityError, match="feedback_one_to_five"), transaction.atomic():
        Feedback.objects.create(delivery=row, score=9, at=NOON)


def test_the_message_carries_the_link_where_its_text_asks_for_it(capsys):
    sender = makers.make_sender(settings={})
    make_campaign(make_members(1), sender=sender, text="{name}，您满意吗？{feedback}")
    run()
    assert f"/f/{token(Delivery.objects.get())}" in capsys.readouterr().out
