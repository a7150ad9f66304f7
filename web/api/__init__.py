"""The JSON API of partners: tills, malls, mini-programs. Its description stands at /api/v1/docs."""

from ninja import NinjaAPI

from . import catalogue, coupons, errors, members, orders, points, receipts, till
from .parsing import Parser

api = NinjaAPI(
    title="Quanyu API",
    version="1.0",
    description="Orders in, points and tiers out; coupons checked and redeemed. "
    "Every call carries a channel's key: `Authorization: Bearer qy_…`.",
    urls_namespace="api",
    parser=Parser(),
)
api.add_router("", orders.router)
api.add_router("", members.router)
api.add_router("", points.router)
api.add_router("", coupons.router)
api.add_router("", till.router)
api.add_router("", catalogue.router)
api.add_router("", receipts.router)
errors.install(api)
