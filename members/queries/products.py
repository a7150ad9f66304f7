"""What is sold."""

from django.db.models import QuerySet

from ..models import Product


def for_list() -> QuerySet[Product]:
    """Every product; the catalogue is the chain's and shows no one's data."""
    return Product.objects.all()


def departments() -> list[str]:
    """The departments in use, in order."""
    rows = Product.objects.exclude(department="").order_by("department")
    return list(rows.values_list("department", flat=True).distinct())


def categories() -> list[str]:
    """Every category that a product has, in order."""
    return list(Product.objects.exclude(category="").order_by("category").values_list("category", flat=True).distinct())
