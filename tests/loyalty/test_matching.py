"""Identities shown together lead to one member, or to a case that a person decides."""

from datetime import timedelta

import pytest

from loyalty.models import Coupon
from loyalty.services import joining, matching
from loyalty.services.matching import CannotDecide, Met, Shown
from members.models import Identity, MatchCase, Member, Merge
from members.services import identity
from stores.models import LogEntry
from stores.services import codes
from tests.factories import NOON, make_member, make_staff, make_store
from tests.loyalty.coupons import make_template
from tests.loyalty.receipts import LATER, phone_of

PHONE, OPENID, UNIONID = Identity.Kind.PHONE, Identity.Kind.OPENID, Identity.Kind.UNIONID


def with_unionid(value, **given):
    """A member known by a unionid only."""
    member = make_member(**given)
    Identity.objects.filter(member=member).delete()
    identity.attach(member, UNIONID, value, now=NOON, verified=True)
    return member


def test_nobody_is_made_a_member_by_being_looked_for():
    assert matching.meet([Shown(PHONE, "16900001234"), Shown(UNIONID, "u1")], now=LATER) == Met(None)
    assert not Identity.objects.exists()


def test_what_is_shown_with_a_known_identity_becomes_the_members():
    member = make_member()

    met = matching.meet([Shown(PHONE, phone_of(member)), Shown(OPENID, "o1"), Shown(UNIONID, "u1")], now=LATER)

    assert met == Met(member)
    assert set(Identity.objects.values_list("value", "member")) >= {("o1", member.pk), ("u1", member.pk)}


def test_openids_of_two_apps_under_one_unionid_are_one_person():
    fan = with_unionid("u1")
    first = matching.meet([Shown(OPENID, "of-the-account"), Shown(UNIONID, "u1")], now=LATER)
    second = matching.meet([Shown(OPENID, "of-the-app"), Shown(UNIONID, "u1")], now=LATER)

    assert first.member == second.member == fan
    assert Identity.objects.filter(member=fan, kind=OPENID).count() == 2


def test_a_fan_and_a_member_who_show_themselves_together_are_merged_with_the_reason():
    member, fan = make_member(), with_unionid("u1", name="")

    met = matching.meet([Shown(PHONE, phone_of(member)), Shown(UNIONID, "u1")], now=LATER)

    assert (met.member, met.merge.winner_id, met.merge.loser_id) == (member, member.pk, fan.pk)
    assert (met.merge.rule, met.merge.reason) == ("shown together", "shown together: phone+unionid")
    assert "u1" not in str(met.merge.evidence)


@pytest.mark.parametrize("why", ["unionid", "phone", "name"])
def test_two_who_contradict_each_other_are_never_merged_on_the_quiet(why):
    member, fan = make_member(), with_unionid("u1", name="" if why != "name" else "李红")
    if why == "unionid":
        identity.attach(member, UNIONID, "u2", now=NOON, verified=True)
    if why == "phone":
        identity.attach(fan, PHONE, "16900009999", now=NOON, verified=True)

    shown = [Shown(PHONE, phone_of(member)), Shown(UNIONID, "u1")]
    met, again = matching.meet(shown, now=LATER), matching.meet(shown, now=LATER)

    assert not Merge.objects.exists()
    assert met.case == again.case == MatchCase.objects.get()
    assert (met.case.outcome, met.case.differs) == ("conflict", [why])
    assert Identity.objects.get(value="u1").member == fan


def test_three_behind_one_showing_wait_for_a_person():
    member, fan, other = make_member(), with_unionid("u1", name=""), make_member(name="")

    matching.meet([Shown(PHONE, phone_of(member)), Shown(UNIONID, "u1"), Shown(PHONE, phone_of(other))], now=LATER)

    assert not Merge.objects.exists()
    assert MatchCase.objects.count() == 2
    assert fan.pk in set(MatchCase.objects.values_list("other", flat=True))


def test_two_proven_openids_of_one_app_contradict_and_of_two_apps_do_not():
    member, fan = make_member(), with_unionid("u1", name="")
    identity.attach(member, OPENID, "wx1:a", now=NOON, verified=True)
    identity.attach(fan, OPENID, "wx2:b", now=NOON, verified=True)
    assert matching._differs(member, fan) == []

    identity.attach(fan, OPENID, "wx1:c", now=NOON, verified=True)

    assert matching._differs(member, fan) == ["openid:wx1"]


def test_a_fan_of_two_apps_becomes_a_member_and_gets_the_welcome_once():
    store, by = make_store(), make_staff()
    make_template(store.brand, is_welcome=True)
    code = codes.issue(store, kind="store", by=by, now=NOON)
    fan = with_unionid("u1", name="", joined_at=NOON)
    for openid in ("wx1:of-the-account", "wx2:of-the-app"):
        assert matching.meet([Shown(OPENID, openid), Shown(UNIONID, "u1")], now=NOON).member == fan

    def join(at):
        words = {"agrees": True, "wants_offers": False, "language": "zh-hans"}
        return joining.join("16900001234", code=code, now=at, **words)

    first = join(LATER)
    met = matching.meet([Shown(PHONE, "16900001234"), Shown(UNIONID, "u1")], now=LATER)
    again = join(LATER + timedelta(days=1))

    assert first.coupon
    assert met.member == again.member == fan, "the record that was there first keeps its number"
    assert again.coupon is None
    assert Coupon.objects.get().member == fan
    assert set(Identity.objects.values_list("member", flat=True)) == {fan.pk}


def test_a_person_decides_once_and_with_a_reason():
    one, other, by = make_member(), make_member(), make_staff()
    case = matching.match_cases.open_case(
        one.pk, other.pk, outcome="conflict", rule="phone", agrees=["phone"], differs=["unionid"], now=NOON
    )
    with pytest.raises(CannotDecide):
        matching.decide(case, is_same=True, reason=" ", by=by, now=LATER)

    done = matching.decide(case, is_same=True, reason="asked her", by=by, now=LATER)

    assert (done.state, done.decided_by, done.reason) == ("merged", by, "asked her")
    merge = Merge.objects.get()
    assert (merge.rule, merge.reason, merge.by) == ("case: phone", "asked her", by)
    with pytest.raises(CannotDecide):
        matching.decide(case, is_same=False, reason="no", by=by, now=LATER)


def test_two_who_are_kept_apart_are_not_proposed_again():
    given = {"name": "李红", "birthday": "1990-01-02"}
    make_member(**given)
    make_member(**given)
    make_member(name="李红")
    by = make_staff()

    assert matching.look_around(now=NOON) == 1
    matching.decide(MatchCase.objects.get(), is_same=False, reason="two people", by=by, now=LATER)

    assert matching.look_around(now=LATER) == 0
    assert Member.objects.count() == 3
    assert LogEntry.objects.filter(action="member.kept_apart").count() == 2
