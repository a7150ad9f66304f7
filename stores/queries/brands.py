"""The chain and its brands, as every page may name them."""

from ..models import Brand, Chain


def by_code(code: str) -> Brand | None:
    """The brand of this code; None for no such brand."""
    return Brand.objects.filter(code=code).first() if code else None


def chain() -> Chain:
    """The installation's one chain; an unsaved one without a name before there is any."""
    return Chain.objects.order_by("pk").first() or Chain()
