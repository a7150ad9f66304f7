"""Plain functions that make rows with defaults; nothing to look up. Phones come from the demo range only."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.contrib.auth.hashers import make_password

from members.models import Identity, Member, Order, OrderLine, Product
from stores.access import Role
from stores.models import Brand, Chain, Channel, Dealer, Grant, Region, Staff, Store

NOON = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
PASSWORD = "correct-horse-battery"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_hash: list[str] = []
_serial = count(1)


def _password_hash() -> str:
    if not _hash:
        _hash.append(make_password(PASSWORD))
    return _hash[0]


def make_phone() -> str:
    return f"1690000{next(_serial) % 10000:04d}"


def make_brand(**given) -> Brand:
    n = next(_serial)
    chain = given.pop("chain", None) or Chain.objects.first() or Chain.objects.create(name="青禾集团", name_en="Qinghe")
    return Brand.objects.create(
        **{"chain": chain, "code": f"b{n}", "name": f"品牌{n}", "name_en": f"Brand {n}"} | given
    )


def make_region(brand=None, **given) -> Region:
    n = next(_serial)
    return Region.objects.create(**{"brand": brand or make_brand(), "code": f"r{n}", "name": f"大区{n}"} | given)


def make_dealer(region=None, **given) -> Dealer:
    n = next(_serial)
    return Dealer.objects.create(**{"region": region or make_region(), "code": f"d{n}", "name": f"经销商{n}"} | given)


def make_store(region=None, **given) -> Store:
    n = next(_serial)
    dealer = given.get("dealer")
    region = region or (dealer.region if dealer else make_region())
    return Store.objects.create(
        **{
            "code": f"S{n:05d}", "brand": region.brand, "region": region, "name": f"青禾门店{n}",
            "name_en": f"Qinghe {n}", "city": "杭州", "created_at": NOON,
        } | given
    )  # fmt: skip


def make_staff(*nodes, role=None, second_factor=True, **given) -> Staff:
    """A person with a grant on each node (brand, region, dealer or store); no node means the whole chain.

    Headquarters people get the second factor that the gate asks of them.
    """
    kind = nodes[0]._meta.model_name if nodes else "chain"
    default = {
        "chain": Role.ADMIN, "brand": Role.MARKETER, "region": Role.REGION_MANAGER,
        "dealer": Role.DEALER, "store": Role.STORE_MANAGER,
    }[kind]  # fmt: skip
    n = next(_serial)
    staff = Staff.objects.create(
        **{
            "username": f"staff{n}", "name": f"员工{n}", "role": role or default, "scope": kind,
            "password": _password_hash(), "created_at": NOON,
        } | given
    )  # fmt: skip
    for node in nodes:
        Grant.objects.create(staff=staff, granted_at=NOON, **{kind: node})
    if second_factor and staff.is_headquarters:
        make_second_factor(staff)
    return staff


def make_second_factor(staff, secret=TOTP_SECRET) -> Authenticator:
    return Authenticator.objects.create(
        user=staff, type=Authenticator.Type.TOTP, data={"secret": encrypt(secret)}, created_at=NOON
    )


def make_channel(**given) -> Channel:
    n = next(_serial)
    return Channel.objects.create(
        **{"code": f"pos-{n}", "kind": Channel.Kind.POS, "name": f"收银{n}", "created_at": NOON} | given
    )


def make_member(*, phone=None, **given) -> Member:
    n = next(_serial)
    member = Member.objects.create(
        **{"number": f"M{n:010d}", "name": "王小明", "joined_at": NOON, "created_at": NOON, "updated_at": NOON} | given
    )
    Identity.objects.create(
        kind=Identity.Kind.PHONE, value=phone or make_phone(), member=member, is_verified=True, added_at=NOON
    )
    return member


def make_product(**given) -> Product:
    n = next(_serial)
    return Product.objects.create(**{"sku": f"P{n:05d}", "name": f"商品{n}", "updated_at": NOON} | given)


def make_order(store=None, *, member=None, lines=(), **given) -> Order:
    """A stored receipt as it stands; it earns nothing (for that, settle one).

    ``lines`` are (sku, name, quantity, amount).
    """
    n = next(_serial)
    order = Order.objects.create(
        **{
            "store": store or make_store(), "member": member, "channel": given.pop("channel", None) or make_channel(),
            "number": f"R{n:08d}", "amount": Decimal("100"), "paid_at": NOON, "received_at": NOON, "digest": b"0" * 16,
        } | given
    )  # fmt: skip
    OrderLine.objects.bulk_create(
        OrderLine(order=order, line_no=at, sku=sku, name=name, quantity=quantity, amount=amount)
        for at, (sku, name, quantity, amount) in enumerate(lines, 1)
    )
    return order
