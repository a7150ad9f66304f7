"""A partner can work from the description alone: each address tells scope and example, and the examples run."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import time_machine

from loyalty.queries import accounts
from members.models import Order
from stores.rules.scopes import Scope
from stores.services import keys
from tests.factories import NOON, make_channel, make_member
from tests.loyalty.coupons import make_coupon, make_template
from tests.loyalty.receipts import make_shop, phone_of
from tests.web.api.test_members import Partner
from web.api import api
from web.api.examples import BODIES

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "api.md"
SENDERS = "/api/v1/receipts/{code}"


def operations():
    for path, found in api.get_openapi_schema()["paths"].items():
        for method, operation in found.items():
            yield method, path, operation


def test_every_address_tells_its_scope_and_shows_a_call():
    for method, path, operation in operations():
        if path != SENDERS:
            assert operation["x-scope"] in Scope.values, path
            assert f"Scope: `{operation['x-scope']}`" in operation["description"]
            assert f'curl -X {method.upper()} "$QUANYU{path}"' in operation["description"]


def test_every_address_that_takes_a_body_has_an_example():
    bodies = {(m, p.removeprefix("/api/v1")) for m, p, op in operations() if "requestBody" in op and p != SENDERS}

    assert bodies == set(BODIES)


def test_every_call_that_changes_something_may_be_named():
    asks = {"/members/lookup", "/coupons/check"}
    named = {p for m, p, op in operations() if "Idempotency-Key" in [each["name"] for each in op.get("parameters", [])]}
    changing = {p for m, p, op in operations() if m != "get" and p != SENDERS and p.removeprefix("/api/v1") not in asks}

    assert named == changing


def test_every_code_of_a_problem_in_the_table_is_one_the_program_knows():
    source = "".join(path.read_text() for path in (GUIDE.parents[1] / "web" / "api").glob("*.py"))
    source += "".join((GUIDE.parents[1] / name).read_text() for name in (
        "loyalty/rules/redeeming.py", "members/rules/receipts.py", "web/errors.py"))  # fmt: skip
    codes = {
        code
        for row in re.findall(r"^\| 4\d\d \| (.*?) \|", GUIDE.read_text(), re.M)
        for code in re.findall("`(.*?)`", row)
    }

    assert len(codes) > 15
    assert [code for code in codes if f'"{code}"' not in source] == []


def test_the_description_carries_the_guide(client):
    told = client.get("/api/v1/openapi.json").json()["info"]["description"]

    assert "## Signed calls" in told
    assert client.get("/api/v1/docs").status_code == 200


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_example_runs_as_it_stands(client, language):
    with time_machine.travel(NOON, tick=False):
        store, _till = make_shop()
        partner = Partner(client, make_channel(brand=store.brand))
        member = make_member(home_store=store)
        held = make_coupon(make_template(store.brand))
        words = {"{store}": store.code, "{phone}": phone_of(member), "{coupon}": held.code}
        for (method, path), body in BODIES.items():
            text = json.dumps(body)
            for mark, value in words.items():
                text = text.replace(mark, value)
            number = "2026-0001" if path.startswith("/orders") else member.number
            status, told = partner.ask(
                method, path.replace("{number}", quote(number)), json.loads(text), **{"Accept-Language": language}
            )
            assert status in {200, 201}, (path, told)
    assert Order.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_the_program_of_the_guide_signs_and_is_let_in(live_server):
    """As a partner would run it: another process, nothing but the standard library, a key that takes signed calls only."""
    store, till = make_shop()
    member = make_member()
    _key, token = keys.issue(till, name="t", stores=[], must_sign=True, by=None, now=NOON)
    [program] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.S)
    given = {"QUANYU": live_server.url, "KEY": token, "STORE": store.code, "PHONE": phone_of(member)}

    run = subprocess.run(
        [sys.executable, "-"], input=program, env=os.environ | given, capture_output=True, text=True, timeout=60
    )

    assert run.stderr == ""
    first, again = (line.split(" | ") for line in run.stdout.splitlines())
    assert first[:4] == ["the first time", "200", "created", "88"]
    assert again == ["sent again", *first[1:]]
    assert accounts.holdings(member)[0].points == 88


def test_the_guide_is_no_empty_word(tmp_path, settings):
    """Where the documents are not installed the description still stands."""
    settings.BASE_DIR = tmp_path
    told = io.StringIO(json.dumps(api.get_openapi_schema()))

    assert "Orders in" in told.getvalue()
