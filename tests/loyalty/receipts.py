"""Receipts for tests: plain functions with defaults."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

from loyalty.models import Account, Book
from loyalty.services import programs
from loyalty.services.orders import MemberRef, NewLine, NewOrder, NewRefund
from members.models import Identity
from tests.factories import NOON, make_channel, make_store

LATER = NOON + timedelta(days=1)
_serial = count(1)


def make_shop(**given):
    """A store whose brand has its programme, and a till."""
    store = make_store(**given)
    programs.ensure(store.brand, now=NOON)
    return store, make_channel(brand=store.brand)


def phone_of(member):
    return Identity.objects.get(member=member, kind=Identity.Kind.PHONE).value


def new_order(store, channel, member=None, *, amount="100", number=None, paid_at=NOON, lines=(), associate=""):
    ref = MemberRef.phone(phone_of(member)) if member else None
    number = number or f"T{next(_serial)}"
    return NewOrder(channel, store.code, number, ref, Decimal(amount), paid_at, tuple(lines), associate)


def new_refund(order, *, amount, number=None, at=LATER):
    return NewRefund(order.channel, number or f"R{next(_serial)}", order.number, Decimal(amount), at)


def new_line(sku="SKU1", amount="50", quantity="1", name="牛奶"):
    return NewLine(sku, name, Decimal(quantity), Decimal(amount))


def book_of(brand, asset=Book.Asset.POINTS):
    return Book.objects.get(program__brand=brand, asset=asset)


def account_of(member, brand, asset=Book.Asset.POINTS):
    return Account.objects.get(member=member, book=book_of(brand, asset))


def held(member, brand):
    """(points, growth, debt of points) of a member in a brand."""
    points, growth = account_of(member, brand), account_of(member, brand, Book.Asset.GROWTH)
    return points.balance, growth.balance, points.debt
