"""What shoppers do, for the tests of their pages."""

import re

from django.test import Client

from stores.models import StoreCode
from stores.services import codes
from tests.factories import NOON, make_store


def make_code(store=None, **given):
    return codes.issue(store or make_store(), **{"kind": StoreCode.Kind.STORE, "by": None, "now": NOON} | given)


def shown_code(response) -> str:
    """The six digits in the demo box."""
    return re.search(r"<q>.*?(\d{6}).*?</q>", response.content.decode(), re.S)[1]


def ask(client: Client, code, phone: str) -> str:
    """Type a phone on the code's page; the six digits that would be sent."""
    answer = client.post(f"/c/{code.public}", {"phone": phone})
    assert answer.status_code == 302, answer.content.decode()
    return shown_code(client.get(answer["Location"]))


def prove(client: Client, code, phone: str):
    """Up to the consents, or the card of a member."""
    return client.post(f"/c/{code.public}/code", {"code": ask(client, code, phone)})


def join(client: Client, code, phone: str, **boxes):
    """All the way to the card."""
    prove(client, code, phone)
    return client.post(f"/c/{code.public}/terms", {"agrees": "yes"} | boxes)
