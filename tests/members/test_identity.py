"""Phones, cards and openids belong to one member each."""

import pytest

from members.models import Identity
from members.services import identity
from members.services.identity import IdentityTaken
from tests.factories import NOON, make_member

CARD = Identity.Kind.CARD


def test_a_member_is_found_by_any_identity_and_the_phone_counts_first():
    ann, bob = make_member(phone="16900001111"), make_member(phone="16900002222")
    identity.attach(bob, CARD, "C-1", now=NOON)

    assert identity.resolve(phone="16900001111", card="C-1") == ann
    assert identity.resolve(phone="16900009999", card="C-1") == bob
    assert identity.resolve(openid="nobody") is None
    assert identity.resolve() is None


def test_an_identity_of_somebody_else_is_refused():
    identity.attach(make_member(), CARD, "C-1", now=NOON)

    with pytest.raises(IdentityTaken):
        identity.attach(make_member(), CARD, "C-1", now=NOON)


def test_ones_own_identity_may_be_added_again_and_gets_verified():
    member = make_member()
    identity.attach(member, CARD, "C-1", now=NOON)

    assert identity.attach(member, CARD, "C-1", now=NOON, verified=True).is_verified
