"""Stores and products, for whoever shows or names them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from ninja import Router, Schema
from pydantic import Field

from members.queries import for_keys, products
from stores.queries import stores
from stores.rules.scopes import Scope

from .auth import KeyRequest
from .doors import reads
from .paging import Page, cut, text

router = Router(tags=["Catalogue"])
Next = Annotated[str | None, Field(description="The `cursor` of the next page; null at the end")]


class StoreOut(Schema):
    """A store. ``closed_on`` empty: it is open."""

    code: str
    brand: str
    name: str
    name_en: str
    city: str
    latitude: Decimal | None
    longitude: Decimal | None
    time_zone: str
    opened_on: date | None
    closed_on: date | None

    @staticmethod
    def resolve_brand(row: Any) -> str:
        return row.brand.code


class StoresOut(Schema):
    items: list[StoreOut]
    next: Next


class ProductOut(Schema):
    sku: str
    name: str
    department: str
    category: str
    maker: str
    size: str


class ProductsOut(Schema):
    items: list[ProductOut]
    next: Next


class CategoriesOut(Schema):
    items: list[str]


@reads(router, "/stores", Scope.STORES_READ, StoresOut)
def list_stores(request: KeyRequest, page: Page):
    """The stores of this key, by code."""
    found, after = cut(stores.visible_to_key(request.auth).select_related("brand"), page, "code", read=[text])
    return {"items": found, "next": after}


@reads(router, "/products", Scope.PRODUCTS_READ, ProductsOut)
def list_products(request: KeyRequest, page: Page, category: Annotated[str, Field(max_length=80)] = ""):
    """The catalogue of the chain by SKU, of one category or all."""
    rows = for_keys.products()
    found, after = cut(rows.filter(category=category) if category else rows, page, "sku", read=[text])
    return {"items": found, "next": after}


@reads(router, "/categories", Scope.PRODUCTS_READ, CategoriesOut)
def list_categories(request: KeyRequest):
    """Every category that a product has."""
    return {"items": products.categories()}
