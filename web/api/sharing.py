"""Which fields of a member may leave through the channel of the key that asks. What it may not share stays empty."""

from __future__ import annotations

from members.models import Identity
from stores.models import ApiKey
from stores.rules.platforms import SHARED

from .errors import NotLetIn

NAMES = {
    Identity.Kind.PHONE: "phone", Identity.Kind.EMAIL: "email", Identity.Kind.OPENID: "openid",
    Identity.Kind.UNIONID: "openid", Identity.Kind.WECOM: "openid", Identity.Kind.ALIPAY: "openid",
    Identity.Kind.BUYER: "openid", Identity.Kind.DEVICE: "openid",
}  # fmt: skip


def may(key: ApiKey, field: str) -> bool:
    """Whether a field of ``stores.rules.platforms.SHARED`` may leave."""
    return field in key.channel.shares


def demand(key: ApiKey, field: str) -> None:
    """Refuse a call that is about this field and nothing else."""
    if not may(key, field):
        raise NotLetIn("not_shared", field=str(SHARED[field]))


def may_name(key: ApiKey, kind: int) -> bool:
    """Whether an identity of this kind may leave; a card is the brand's own number and always may."""
    word = NAMES.get(Identity.Kind(kind))
    return word is None or may(key, word)
