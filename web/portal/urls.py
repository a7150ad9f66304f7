"""Addresses of the head-office portal. Each room adds one line."""

from importlib.util import find_spec

from django.urls import include, path

from .home import Home

# the folders of web/portal; those that have urls are mounted
ROOMS = [
    "members", "orders", "products", "loyalty", "stores", "codes", "staff", "channels", "imports", "log", "account",
]  # fmt: skip


def _has_urls(room: str) -> bool:
    name = f"web.portal.{room}"
    return bool(find_spec(name) and find_spec(f"{name}.urls"))


urlpatterns = [path("", Home.as_view(), name="home")]
urlpatterns += [path("", include(f"web.portal.{room}.urls")) for room in ROOMS if _has_urls(room)]
