"""Senders: what may be saved, what is sealed, and which addresses nobody may call."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.utils import translation

from stores.connectors.webhook import addresses, resolving, signing
from stores.models import LogEntry, Sender
from stores.rules import sealing
from stores.services import senders
from stores.services.senders import SenderProblem
from tests.factories import NOON, make_phone

SECRET = "a-secret-of-the-tests-1234"
GOOD = {
    "code": "gate", "name": "短信", "kind": "webhook", "medium": Sender.Medium.SMS, "secret": SECRET, "by": None,
    "now": NOON, "settings": {"url": "https://sms.example.com/send"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def test_a_secret_is_sealed_at_rest_and_is_in_no_log():
    sender = senders.create(**GOOD)
    assert SECRET.encode() not in bytes(Sender.objects.get().secret)
    assert senders.secret_of(Sender.objects.get()) == SECRET
    assert SECRET not in str(LogEntry.objects.values_list("after", "before"))
    senders.edit(
        sender, name="短信", settings={"url": "https://b.example.com/"}, is_idempotent=True, rate=5, is_active=True,
        by=None, now=NOON,
    )  # fmt: skip
    assert senders.secret_of(Sender.objects.get()) == SECRET  # None keeps it


def test_a_secret_outlives_a_new_key_only_with_the_old_one_beside_it(settings):
    sender = senders.create(**GOOD)
    old, settings.SENDER_KEY = settings.SENDER_KEY, "another"
    with pytest.raises(SenderProblem, match="SENDER_KEY"):
        senders.secret_of(sender)
    settings.SENDER_KEY_FALLBACKS = [old]
    assert senders.secret_of(sender) == SECRET


def test_nothing_is_sealed_for_no_secret():
    assert sealing.unseal(sealing.seal("", ["k"]), ["k"]) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {}}, {"settings": {"url": "https://a.example.com", "proxy": "x"}}, {"secret": "short"},
        {"settings": {"url": "http://sms.example.com"}}, {"settings": {"url": "https://127.0.0.1/"}},
        {"settings": {"url": "https://a.example.com:22/"}}, {"settings": {"url": "file:///etc/passwd"}},
        {"settings": {"url": "https://a.example.com", "size": 5000}},
        {"kind": "smtp", "settings": {"host": "mail.example.com", "port": 587, "sender": "a@example.com"}},
        {"kind": "smtp", "medium": 2, "settings": {"host": "h", "port": 0, "sender": "a@example.com"}},
        {"kind": "smtp", "medium": 2, "settings": {"host": "h", "port": 25, "sender": "a@example.com\r\nBcc: x"}},
        {"kind": "smtp", "medium": 2, "settings": {"host": "h", "port": 25, "sender": "a@example.com", "security": "no"}},
    ],
)  # fmt: skip
def test_a_sender_that_could_not_work_or_should_not_is_refused(change):
    with pytest.raises(SenderProblem):
        senders.create(**GOOD | change)
    assert not Sender.objects.exists()


def test_a_code_is_taken_once():
    senders.create(**GOOD)
    with pytest.raises(SenderProblem, match="taken"):
        senders.create(**GOOD)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
        "https://10.1.2.3/", "https://192.168.0.1/", "https://172.16.0.9/", "https://169.254.169.254/latest/",
        "https://100.64.0.1/", "https://0.0.0.0/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1]/", "https://[fd00::1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
        "https://localhost/", "https://LOCALHOST./", "https://printer.local/", "https://metadata.google.internal/",
    ],
)  # fmt: skip
def test_addresses_of_inner_networks_in_any_spelling_are_refused(url):
    assert addresses.problem_of(url, may_stay_inside=False) == "private"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://sms.example.com/x", ""), ("https://sms.example.com:8443/", ""), ("https://8.8.8.8/", ""),
        ("https://a:b@example.com/", "login"), ("https://example.com:0x50/", "shape"), ("https:///x", "shape"),
        ("gopher://example.com/", "scheme"), ("https://example.com:8080/", "port"),
    ],
)  # fmt: skip
def test_addresses_of_other_kinds(url, problem):
    assert addresses.problem_of(url, may_stay_inside=False) == problem


def test_a_name_that_leads_inside_is_refused_at_connecting():
    async def look():
        resolver = resolving.PublicResolver(may_stay_inside=False)
        with pytest.raises(resolving.RefusedAddress):
            await resolver.resolve("localhost", 443)
        await resolver.close()

    with ThreadPoolExecutor(1) as other:  # a browser's loop may run in this thread
        other.submit(asyncio.run, look()).result()


def test_a_signature_is_over_name_time_and_body():
    body = b'{"key":"d1"}'
    made = signing.sign(SECRET, "d1", 1_700_000_000, body)
    assert made == "v1,Z1cpVDR2lg6aHb8MetOr0TAIcgjDSOfyqfLIyOs0eZA="
    right = {"secret": SECRET, "name": "d1", "at": "1700000000", "body": body, "signature": made}
    assert signing.is_genuine(**right, now=1_700_000_100)
    assert signing.is_genuine(**right | {"signature": f"v1,old {made}"}, now=1_700_000_000)
    for wrong in [{"body": body + b" "}, {"name": "d2"}, {"at": "1700000001"}, {"secret": "other"}, {"secret": ""},
                  {"signature": ""}, {"at": "-5"}, {"at": "١٢"}]:  # fmt: skip
        assert not signing.is_genuine(**right | wrong, now=1_700_000_100)
    assert not signing.is_genuine(**right, now=1_700_000_301)


def test_trying_a_sender_never_reaches_a_demo_number_over_the_wire():
    sender = senders.create(**GOOD)
    with pytest.raises(senders.SendFailed, match="Demo"):
        senders.try_sender(sender, make_phone(), "你好", by=None, now=NOON)


def test_trying_the_console_prints_and_is_logged(capsys):
    sender = senders.create(**GOOD | {"kind": "console", "settings": {}})
    receipt = senders.try_sender(sender, make_phone(), "你好", by=None, now=NOON)
    assert receipt.shown == "你好"
    assert "你好" in capsys.readouterr().out
    assert LogEntry.objects.filter(action="sender.tried").exists()
