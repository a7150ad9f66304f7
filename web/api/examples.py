"""One body for each address that takes one: shown in the description, and sent by a test as it stands.

``{store}``, ``{phone}``, ``{coupon}`` stand for what the reader has; numbers are the reader's own.
"""

from typing import Any

ORDER: dict[str, Any] = {
    "number": "2026-0001", "store": "{store}", "amount": "128.50", "paid_at": "2026-03-04T11:58:00+08:00",
    "member": {"phone": "{phone}"},
    "lines": [
        {"sku": "TEA-250", "name": "Longjing 250 g", "quantity": 1, "amount": "98.50"},
        {"sku": "CUP-01", "quantity": 2, "amount": "30.00"},
    ],
}  # fmt: skip
TILL: dict[str, Any] = {
    "event": "sale", "store": "{store}", "till": "1", "receipt_no": "R0001", "seq": 1, "paid": "88.90",
    "occurred_at": "2026-03-04T11:59:00+08:00", "member": {"phone": "{phone}"},
    "lines": [{"sku": "TEA-250", "amount": "88.90"}],
}  # fmt: skip
# in an order in which a test may send them: what is refunded was sold before
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/members"): {
        "phone": "{phone}", "store": "{store}", "name": "李雷", "language": "zh-hans",
        "consents": {"membership": True, "marketing": False},
    },
    ("post", "/members/lookup"): {"phone": "{phone}"},
    ("patch", "/members/{number}"): {"name": "李雷", "gender": "m"},
    ("post", "/members/{number}/identities"): {"kind": "card", "value": "C-1001"},
    ("post", "/members/{number}/consents"): {"purpose": "marketing", "is_given": True, "language": "zh-hans"},
    ("post", "/orders"): ORDER,
    ("post", "/orders/batch"): {"orders": [ORDER | {"number": "2026-0002"}, ORDER | {"number": "2026-0003"}]},
    ("post", "/orders/{number}/refunds"): {
        "number": "2026-0001-R1", "amount": "30.00", "refunded_at": "2026-03-04T11:59:00+08:00", "reason": "Cup broken",
    },
    ("post", "/coupons/check"): {"code": "{coupon}", "store": "{store}", "amount": "128.50"},
    ("post", "/coupons/redeem"): {
        "code": "{coupon}", "store": "{store}", "amount": "128.50", "key": "till-1-000123", "order_number": "2026-0001",
    },
    ("post", "/coupons/undo"): {"key": "till-1-000123"},
    ("post", "/events"): {
        "events": [
            {"id": "e-1001", "type": "page.viewed", "at": "2026-03-04T11:57:00+08:00", "member": {"phone": "{phone}"},
             "data": {"page": "/tea/longjing", "seconds": 12}},
            {"id": "e-1002", "type": "store.entered", "at": "2026-03-04T11:58:00+08:00", "member": {"phone": "{phone}"},
             "store": "{store}", "data": {"by": "wifi"}},
        ],
    },
    ("post", "/pos/events"): TILL,
    ("post", "/pos/events/batch"): {
        "events": [TILL | {"receipt_no": "R0002", "seq": 2},
                   {"event": "void", "store": "{store}", "receipt_no": "R0002", "seq": 3,
                    "occurred_at": "2026-03-04T11:59:30+08:00"}],
    },
}  # fmt: skip
