"""Answers by medium: what holds, what nobody can edit, and what sending looks at in its own moment."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from campaigns.models import Delivery
from loyalty.services import merging
from members.models import Consent, Medium
from members.queries import cards, consents
from members.services import consent
from segments.queries import audiences
from stores.models import Sender
from tests.campaigns.makers import make_campaign, make_members, run
from tests.factories import NOON, make_member, make_staff

M = Medium
HOUR = timedelta(hours=1)


def say(member, *answers):
    """Answers one after the other: (medium, yes or no)."""
    for n, (medium, is_given) in enumerate(answers):
        Consent.objects.create(
            member=member, purpose="marketing", medium=medium, is_given=is_given, at=NOON + n * HOUR, method="test"
        )


ANSWERS = [
    ([], set()),
    ([(M.EVERY, True)], {M.SMS, M.EMAIL, M.OFFICIAL_ACCOUNT}),
    ([(M.EVERY, True), (M.SMS, False)], {M.EMAIL, M.OFFICIAL_ACCOUNT}),
    ([(M.EVERY, True), (M.SMS, False), (M.EVERY, True)], {M.EMAIL, M.OFFICIAL_ACCOUNT}),
    ([(M.EVERY, True), (M.SMS, False), (M.SMS, True)], {M.SMS, M.EMAIL, M.OFFICIAL_ACCOUNT}),
    ([(M.SMS, True)], {M.SMS}),
    ([(M.EVERY, False), (M.SMS, True)], {M.SMS}),
    ([(M.SMS, True), (M.EVERY, False)], set()),
    ([(M.EVERY, True), (M.SMS, False), (M.EMAIL, False), (M.OFFICIAL_ACCOUNT, False)], set()),
    ([(M.EVERY, True), (M.EVERY, False)], set()),
]


@pytest.mark.parametrize(("answers", "expected"), ANSWERS)
def test_what_holds_follows_from_the_latest_answers(answers, expected):
    member = make_member()
    say(member, *answers)

    by_state = {each.medium for each in consents.state(member, ["marketing"]) if each.is_given and each.medium}
    by_question = {m for m in M if m and consents.holds(member, "marketing", m)}

    assert by_state == by_question == expected
    assert cards.wants_offers(member) == bool(expected)
    rule = {"attr": "marketing_consent", "op": "eq", "value": True}
    assert audiences.holds(rule, member.pk, now=NOON) == bool(expected)


def test_media_of_consents_are_those_of_senders():
    assert {m.value: m.name for m in M if m} == {m.value: m.name for m in Sender.Medium}


def test_sending_asks_about_its_own_medium_only():
    both, no_texts = make_members(2)
    say(no_texts, (M.SMS, False))
    campaign = make_campaign([both, no_texts])

    run(NOON + 2 * HOUR)

    assert Delivery.objects.get(campaign=campaign, member=both).status == Delivery.Status.SENT
    assert Delivery.objects.get(campaign=campaign, member=no_texts).reason == "no_consent"


sending = pytest.mark.django_db(transaction=True)
test_sending_asks_about_its_own_medium_only = sending(test_sending_asks_about_its_own_medium_only)


# --- the ledger ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("edit", [
    "UPDATE members_consent SET is_given = false", "UPDATE members_consent SET at = now()",
    "UPDATE members_consent SET member_id = member_id + 1", "DELETE FROM members_consent",
])  # fmt: skip
def test_nobody_edits_or_deletes_an_answer(edit):
    say(make_member(), (M.EVERY, True))

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(edit)


def test_naming_a_merge_that_is_none_opens_nothing():
    say(make_member(), (M.EVERY, True))

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('quanyu.merge', '{1}', true)")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("UPDATE members_consent SET member_id = member_id + 1")


def test_membership_terms_have_no_medium():
    with pytest.raises(DatabaseError, match="consent_medium_of_offers"), transaction.atomic():
        Consent.objects.create(
            member=make_member(), purpose="membership", medium=1, is_given=True, at=NOON, method="test"
        )


MERGED = [
    ([(M.EVERY, True)], [(M.EVERY, False)], set()),
    ([(M.EVERY, True)], [(M.EVERY, True), (M.SMS, False)], {M.EMAIL, M.OFFICIAL_ACCOUNT}),
    ([(M.EVERY, False)], [(M.SMS, True)], set()),
    ([(M.EVERY, False)], [(M.EVERY, False), (M.SMS, True)], set()),
    ([(M.EVERY, True)], [], {M.SMS, M.EMAIL, M.OFFICIAL_ACCOUNT}),
    ([(M.EMAIL, False)], [(M.EVERY, True)], {M.SMS, M.OFFICIAL_ACCOUNT}),
]


@pytest.mark.parametrize(("winners", "losers", "expected"), MERGED)
def test_a_merge_keeps_what_either_side_refused_and_its_end_gives_it_back(winners, losers, expected):
    winner, loser, by = make_member(), make_member(), make_staff()
    say(winner, *winners)
    say(loser, *losers)
    before = list(Consent.objects.order_by("pk").values())

    merge = merging.merge(winner, loser, reason="one", by=by, now=NOON + 9 * HOUR)
    held = {m for m in M if m and consents.holds(winner, "marketing", m)}
    merging.unmerge(merge, reason="two", by=by, now=NOON + 10 * HOUR)

    assert held == expected
    assert list(Consent.objects.order_by("pk").values()) == before


# --- the door ------------------------------------------------------------------------------------------
def give(member, medium=M.EVERY, **given):
    return consent.give(
        member, "marketing", **{"language": "en", "method": "card", "now": NOON, "medium": medium} | given
    )


def test_one_medium_is_taken_back_and_given_again_by_itself():
    member = make_member()
    give(member)

    gone = consent.withdraw(member, "marketing", method="card", now=NOON + HOUR, medium=M.EMAIL)
    again = consent.withdraw(member, "marketing", method="card", now=NOON + HOUR, medium=M.EMAIL)
    back = give(member, M.EMAIL, now=NOON + 2 * HOUR)

    assert (gone.medium, gone.is_given, again, back.is_given) == (M.EMAIL, False, None, True)
    assert gone.text is not None
    assert consents.holds(member, "marketing", M.EMAIL)


def test_a_no_to_everything_ends_a_yes_to_one_medium_too():
    member = make_member()
    give(member, M.SMS)

    assert consent.withdraw(member, "marketing", method="link", now=NOON + HOUR) is not None
    assert not consents.wants_anything(member)
    assert consent.withdraw(member, "marketing", method="link", now=NOON + HOUR) is None


def test_the_same_yes_twice_is_one_row_unless_something_was_said_between():
    member = make_member()

    assert give(member, M.SMS) is not None
    assert give(member, M.SMS) is None
    consent.withdraw(member, "marketing", method="link", now=NOON + HOUR)
    assert give(member, M.SMS, now=NOON + 2 * HOUR) is not None
