"""Everything that the description allows, and some that it does not: no answer is a 500 or breaks its own schema."""

import json

import pytest
import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from loyalty.services import orders
from stores.rules.scopes import Scope
from stores.services import keys
from tests.factories import NOON, make_channel, make_member, make_product
from tests.loyalty.coupons import make_coupon, make_template
from tests.loyalty.receipts import make_shop, new_order
from web.api import api

pytestmark = pytest.mark.slow
CHECKS = (
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
)  # fmt: skip
CALLS = 10  # for each address


def schema():
    return schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema(), default=str)))


ADDRESSES = [found.ok() for found in schema().get_all_operations()]


@pytest.fixture
def world():
    """A key that may do everything, and a member, an order and a coupon that it can meet."""
    store, _till = make_shop()
    channel = make_channel(brand=store.brand)
    _key, token = keys.issue(channel, name="fuzz", stores=[], scopes=Scope.values, by=None, now=NOON)
    member = make_member(home_store=store)
    for n in range(3):
        orders.settle(new_order(store, channel, member, number=f"N-{n}"), now=NOON)
    held = make_coupon(make_template(store.brand))
    make_product(category="Tea")
    return {"token": token, "member": member.number, "order": "N-0", "store": store.code, "coupon": held.code}


def met(case, world, draw):
    """Half of the calls are about things that are there."""
    if draw.draw(st.booleans()):
        if "number" in (case.path_parameters or {}):
            case.path_parameters["number"] = world["order" if "/orders" in case.path else "member"]
        if isinstance(case.body, dict) and isinstance(case.body.get("store"), str):
            case.body["store"] = world["store"]
        if isinstance(case.body, dict) and isinstance(case.body.get("code"), str):
            case.body["code"] = world["coupon"]


def send(case, token):
    """Through the test's own client, which keeps the transaction of the test."""
    words = case.as_transport_kwargs(base_url="http://localhost", headers={"Authorization": f"Bearer {token}"})
    asked = requests.Request(
        **{name: words.get(name) for name in ("method", "url", "headers", "params", "data", "json")}
    )
    asked = asked.prepare()
    data = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
    headers = {name: value for name, value in asked.headers.items() if name != "Content-Type"}
    kind = asked.headers.get("Content-Type", "application/octet-stream")
    answer = Client(raise_request_exception=False).generic(asked.method, asked.path_url, data, kind, headers=headers)
    given = {name: [value] for name, value in answer.items()}
    return Response(answer.status_code, given, answer.content, asked, elapsed=0.1, verify=False, encoding="utf-8")


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda each: each.label)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda each: each.value)
def test_no_call_breaks_the_server_or_its_description(address, mode, world):
    answers = []

    @settings(
        max_examples=CALLS, deadline=None, database=None, phases=[Phase.explicit, Phase.generate], derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=address.as_strategy(mode), draw=st.data())
    def ask(case, draw):
        met(case, world, draw)
        answer = send(case, world["token"])
        case.validate_response(answer, checks=CHECKS)
        answers.append(answer.status_code)

    ask()
    assert len(answers) >= 1
