"""The JSON API of partners: tills, malls, mini-programs. Its description stands at /api/v1/docs."""

from . import catalogue, coupons, errors, events, members, orders, points, receipts, till
from .describe import Described
from .parsing import Parser

api = Described(
    title="Quanyu API",
    version="1.0",
    description="Orders in, points and tiers out; members joined, coupons checked and redeemed.",
    urls_namespace="api",
    parser=Parser(),
)
api.add_router("", orders.router)
api.add_router("", members.router)
api.add_router("", points.router)
api.add_router("", coupons.router)
api.add_router("", till.router)
api.add_router("", events.router)
api.add_router("", catalogue.router)
api.add_router("", receipts.router)
errors.install(api)
