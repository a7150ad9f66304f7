"""Addresses of the head-office portal. Each room adds one word."""

from django.urls import include, path

from .home import Home

ROOMS = [
    "members", "segments", "orders", "products", "loyalty", "coupons", "campaigns", "senders", "stores", "codes", "staff",
    "channels", "health", "keys", "imports", "log", "account", "privacy", "exports",
]  # fmt: skip

urlpatterns = [path("", Home.as_view(), name="home")]
urlpatterns += [path("", include(f"web.portal.{room}.urls")) for room in ROOMS]
