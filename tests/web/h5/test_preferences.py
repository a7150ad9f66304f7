"""The preference page: from a message's link and from the card, by medium, at once, in both languages."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from campaigns.models import Delivery
from campaigns.rules import links
from campaigns.services import sending
from members.models import Consent, Medium
from members.queries import consents
from stores.connectors.console import connector
from tests.campaigns.makers import MORNING, agree, clock, fanout, make_campaign, make_members, make_sender
from tests.factories import NOON, make_brand, make_member
from tests.web.h5.shoppers import join, make_code

ENGLISH = {"Accept-Language": "en"}


def path_of(member) -> str:
    campaign = make_campaign(brand=make_brand(name="青禾便利", name_en="Qinghe Mart"))
    said = Delivery.objects.create(
        campaign=campaign, member=member, medium=1, batch_no=0, status=3, created_at=NOON, sent_at=NOON
    )
    return f"/u/{links.token(said.pk, links.UNSUBSCRIBE, settings.LINK_KEY)}/settings"


def holding(member) -> set[int]:
    return {m.value for m in Medium if m and consents.holds(member, "marketing", m)}


def turn(client, path, medium, wanted):
    return client.post(path, {"medium": medium, "wanted": wanted})


@pytest.fixture
def member():
    made = make_member(name="王小明")
    agree(made)
    return made


def test_one_tap_ends_one_medium_or_all_without_sign_in_or_script(client, member):
    path = path_of(member)

    assert turn(client, path, 2, "no")["Location"] == path
    assert holding(member) == {1, 3}
    turn(client, path, 0, "no")
    assert holding(member) == set()
    page = client.get(path, headers=ENGLISH).content.decode()
    assert "<script" not in page.partition("<main")[2].partition("</main")[0]
    assert "Switch off" not in page


def test_a_link_gives_back_only_what_a_link_took(client, member):
    path = path_of(member)
    Consent.objects.create(member=member, purpose="marketing", medium=3, is_given=False, at=NOON, method="card")
    turn(client, path, 2, "no")

    turn(client, path, 2, "yes")
    turn(client, path, 3, "yes")

    assert holding(member) == {1, 2}


def test_a_link_never_makes_a_first_yes(client):
    member = make_member()

    for medium in (0, 1, 2, 3):
        turn(client, path_of(member), medium, "yes")

    assert not Consent.objects.filter(member=member).exists()


def test_a_forged_link_opens_nothing(client, member):
    path = path_of(member)
    at = len(path.removesuffix("/settings")) - 10  # the last sign of a signature may carry bits that nobody reads
    forged = path[:at] + ("A" if path[at] != "A" else "B") + path[at + 1 :]

    assert client.get(forged).status_code == 404
    assert turn(client, forged, 0, "no").status_code == 404
    assert holding(member) == {1, 2, 3}


def test_opening_the_page_changes_nothing_and_hides_the_number(client, member):
    before = Consent.objects.count()

    page = client.get(path_of(member), headers=ENGLISH)

    assert Consent.objects.count() == before
    assert page["Cache-Control"].startswith("max-age=0")
    phone = member.identities.get(kind=1).value
    assert phone not in page.content.decode()
    assert phone[-4:] in page.content.decode()


def test_the_card_switches_each_medium_on_and_off(client, settings):
    settings.DEMO = True
    join(client, make_code(), "16900001234")
    member = Consent.objects.first().member

    turn(client, "/m/settings", 1, "yes")
    turn(client, "/m/settings", 3, "yes")
    turn(client, "/m/settings", 3, "no")

    assert holding(member) == {1}
    row = Consent.objects.order_by("pk").last()
    assert (row.method, row.medium, row.is_given, row.text is not None) == ("card", 3, False, True)


def test_a_stranger_is_led_to_the_sign_in():
    assert Client().get("/m/settings")["Location"] == "/m/sign-in"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("says_no", [True, False])
def test_a_no_during_a_send_stops_the_next_message(client, monkeypatch, says_no):
    """One message a second: while the first is said, the second person taps. Without the tap both go out."""
    first, second = make_members(2)
    campaign = make_campaign([first, second], sender=make_sender(rate=1), starts_at=MORNING)
    path, said, send = path_of(second), [], connector.ConsoleConnector.send

    def speak(self, message):
        said.append(message.key)
        if says_no and len(said) == 1:
            # the connector speaks in a thread of its own: the tap is another connection, as in life
            turn(client, path, 1, "no")
            connection.close()  # that of this thread
        return send(self, message)

    monkeypatch.setattr(connector.ConsoleConnector, "send", speak)
    fanout.start_due(now=NOON)
    sending.work(clock=clock(NOON))

    assert len(said) == (1 if says_no else 2)
    states = dict(Delivery.objects.filter(campaign=campaign).values_list("member", "status"))
    assert states[second.pk] == (Delivery.Status.SUPPRESSED if says_no else Delivery.Status.SENT)
