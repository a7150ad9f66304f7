"""Campaigns by mail, to a real SMTP server: what it receives, and what becomes of each thing it may answer."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connections
from django.test import Client

from campaigns.models import Delivery
from members.models import Consent, Identity, Member
from stores.connectors.smtp import connector
from stores.models import Sender
from tests.campaigns import makers
from tests.campaigns.mailroom import Mailroom
from tests.campaigns.makers import make_campaign, make_members, make_sender, run, tally
from tests.factories import NOON

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]
ALWAYS = 1_000


def by_mail(room, **given):
    settings = {"host": "127.0.0.1", "port": str(room.port), "sender": "青禾便利 <offers@qinghe.example>",
                "security": "none"} | given.pop("settings", {})  # fmt: skip
    return make_sender(kind="smtp", medium=Sender.Medium.EMAIL, settings=settings, **given)


def readers(count, *, name="王小明", address="m{n}@example.com", **given):
    """Members with an e-mail address."""
    made = make_members(count, name=name, **given)
    Identity.objects.bulk_create(
        Identity(kind=Identity.Kind.EMAIL, value=address.format(n=n), member=member, is_verified=True, added_at=NOON)
        for n, member in enumerate(made)
    )
    return made


def failing(line, *, stage, times=ALWAYS):
    return lambda number, asked: line if asked == stage and number <= times else None


def post(room, members, **given):
    campaign = make_campaign(members, sender=by_mail(room, **given.pop("sender", {})), **given)
    run()
    return campaign


def again():
    makers.let_batches_begin()
    run()


# --- what arrives --------------------------------------------------------------------------------------
def test_a_message_arrives_with_its_own_number_its_subject_and_the_way_out():
    with Mailroom() as room:
        campaign = post(
            room, readers(2), subject="{name}，春日焕新到了 🌸", text="{name}，您好！\n好物上新 {link}", text_en=""
        )
    assert tally(campaign) == {("SENT", ""): 2}
    rows = {f"<d{row.pk}@qinghe.example>": row for row in Delivery.objects.all()}
    assert {mail["Message-ID"] for mail in room.taken} == rows.keys()
    assert sorted(room.recipients) == [["m0@example.com"], ["m1@example.com"]]
    mail = room.taken[0]
    assert mail["Subject"] == "王小明，春日焕新到了 🌸"
    assert mail["From"].addresses[0].display_name == "青禾便利"
    assert mail["To"] in ("m0@example.com", "m1@example.com")
    assert mail["Date"].datetime.utcoffset() == timedelta(0)
    body = mail.get_content()
    assert body.startswith("王小明，您好！\n好物上新 http")
    assert "退订 http" in body
    assert rows[mail["Message-ID"]].provider_id == mail["Message-ID"]
    assert all(max(map(len, str(mail).splitlines())) < 999 for mail in room.taken)


def test_the_mail_programs_own_button_ends_the_offers_with_one_post():
    with Mailroom() as room:
        members = readers(2)
        post(room, members)
    mail = room.taken[0]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail["List-Unsubscribe"].strip("<>")
    path = "/u/" + address.rpartition("/u/")[2]
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    left = Consent.objects.filter(is_given=False).get()
    assert left.member == Delivery.objects.get(provider_id=mail["Message-ID"]).member
    with Mailroom() as room:
        campaign = post(room, members)
    assert tally(campaign) == {("SENT", ""): 1, ("SUPPRESSED", "no_consent"): 1}


def test_what_the_membership_needs_has_no_such_button():
    with Mailroom() as room:
        members = readers(1)
        makers.agree(*members, purpose="service")
        post(room, members, purpose="service")
    assert room.taken[0]["List-Unsubscribe"] is None


@pytest.mark.parametrize(
    "trick", ["王\r\nBcc: other@example.com\r\n\r\nHi", "王\nBcc: other@example.com", "{link}\u2028王"]
)
def test_a_name_cannot_begin_a_header(trick):
    with Mailroom() as room:
        campaign = post(room, readers(1, name=trick), subject="{name}，您好", text="{name}：{link}")
    assert tally(campaign) == {("SENT", ""): 1}
    assert room.recipients == [["m0@example.com"]]
    mail = room.taken[0]
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]
    assert mail["Subject"].endswith("，您好")
    assert "List-Unsubscribe" in mail


@pytest.mark.parametrize(
    "address",
    ["a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com", "a@example.com> <b@example.com", " "],
)
def test_an_address_that_is_none_or_several_gets_nothing(address):
    members = readers(1)
    Identity.objects.filter(kind=Identity.Kind.EMAIL).update(value=address)
    with Mailroom() as room:
        campaign = post(room, members)
    assert room.recipients == []
    assert tally(campaign) in ({("FAILED", "refused"): 1}, {("SUPPRESSED", "no_address"): 1})
    assert makers.counts_agree()


# --- what it may answer --------------------------------------------------------------------------------
@pytest.mark.parametrize("stage", ["sender", "recipient", "text"])
@pytest.mark.parametrize("line", ["451 Try later", "421 Closing", "452 Too many"])
def test_a_temporary_no_is_tried_again(line, stage):
    with Mailroom(failing(line, stage=stage, times=1)) as room:
        campaign = post(room, readers(1))
        assert tally(campaign) == {("PENDING", ""): 1}
        assert makers.counts_agree()
        again()
    assert tally(campaign) == {("SENT", ""): 1}
    assert len(room.taken) == 1
    assert Delivery.objects.get().attempts == 2


@pytest.mark.parametrize("stage", ["sender", "recipient", "text"])
def test_a_final_no_is_written_down_with_the_servers_answer(stage):
    with Mailroom(failing("550 No such mailbox", stage=stage)) as room:
        campaign = post(room, readers(1))
        again()
    assert tally(campaign) == {("FAILED", "refused"): 1}
    assert room.asked[stage] == 1  # nobody asks twice
    assert "550" in Delivery.objects.get().problem
    assert makers.counts_agree()


def test_one_that_is_refused_holds_up_nobody():
    with Mailroom(lambda number, stage: "550 No" if stage == "recipient" and number == 2 else None) as room:
        campaign = post(room, readers(3))
    assert tally(campaign) == {("FAILED", "refused"): 1, ("SENT", ""): 2}
    assert len(room.taken) == 2


@pytest.mark.parametrize("stage", ["sender", "recipient"])
def test_a_line_that_is_cut_before_the_text_took_nothing_and_is_tried_again(stage):
    with Mailroom(failing("drop", stage=stage, times=1)) as room:
        campaign = post(room, readers(1))
        assert tally(campaign) == {("PENDING", ""): 1}
        again()
    assert tally(campaign) == {("SENT", ""): 1}
    assert len(room.taken) == 1


@pytest.mark.parametrize("trouble", ["drop", "hang"])
def test_a_line_that_is_cut_after_the_text_leaves_an_offer_of_unknown_fate(monkeypatch, trouble):
    monkeypatch.setattr(connector, "SECONDS", 0.5)
    with Mailroom(failing(trouble, stage="text", times=1)) as room:
        campaign = post(room, readers(2), sender={"rate": 1})
        again()
    assert tally(campaign) == {("SENT", ""): 1, ("UNKNOWN", "unreachable"): 1}
    assert room.asked["text"] == 2  # an offer is never said twice
    assert makers.is_settled(campaign)
    assert makers.counts_agree()


def test_what_the_membership_needs_is_said_again_under_the_same_number():
    members = readers(1)
    makers.agree(*members, purpose="service")
    with Mailroom(failing("drop", stage="text", times=1)) as room:
        campaign = post(room, members, purpose="service")
        again()
    assert tally(campaign) == {("SENT", ""): 1}
    assert {mail["Message-ID"] for mail in room.taken} == {f"<d{Delivery.objects.get().pk}@qinghe.example>"}


def test_no_server_is_tried_again_later():
    with Mailroom() as gone:
        sender = by_mail(gone)
    campaign = make_campaign(readers(1), sender=sender)
    run()
    assert tally(campaign) == {("PENDING", ""): 1}
    assert Delivery.objects.get().problem.startswith("connect: ")
    with Mailroom() as room:
        Sender.objects.filter(pk=sender.pk).update(settings=sender.settings | {"port": str(room.port)})
        again()
    assert tally(campaign) == {("SENT", ""): 1}


def test_opt_outs_during_a_slow_send_are_kept_within_a_second():
    members = readers(60)

    def behave(number, stage):
        if stage == "text" and number == 5:
            makers.agree(*Member.objects.all(), at=NOON + timedelta(hours=1), is_given=False)
            connections.close_all()

    with Mailroom(behave, delay=0.05) as room:
        campaign = post(room, members)
    assert tally(campaign)[("SUPPRESSED", "no_consent")] >= 30
    assert len(room.taken) <= 30
    assert makers.is_settled(campaign)


# --- whom it talks to ----------------------------------------------------------------------------------
def stranger(folder):
    """A certificate that nobody vouches for."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    made = made.not_valid_after(datetime(2120, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    shape = serialization.PrivateFormat.PKCS8
    (folder / "both.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, shape, plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "both.pem")
    return context


def test_a_server_that_cannot_show_who_it_is_gets_no_mail(tmp_path):
    with Mailroom(tls_context=stranger(tmp_path)) as room:
        campaign = post(room, readers(1), sender={"settings": {"security": "starttls"}})
    assert room.taken == []
    assert tally(campaign) == {("PENDING", ""): 1}
    assert "CERTIFICATE_VERIFY_FAILED" in Delivery.objects.get().problem


def test_a_server_that_offers_no_encryption_gets_no_mail_where_it_is_asked_for():
    with Mailroom() as room:
        campaign = post(room, readers(1), sender={"settings": {"security": "starttls"}})
    assert room.taken == []
    assert tally(campaign) == {("PENDING", ""): 1}
