from .binding import StoreBinding
from .consent import Consent, ConsentText
from .event import Event
from .identity import Identity
from .import_run import ImportChunk, ImportPlan, ImportProblem, ImportReject, ImportRun
from .member import Member, MemberTag, Tag
from .one_time_code import OneTimeCode
from .order import Order, OrderLine, Refund
from .product import Product

__all__ = [
    "Consent", "ConsentText", "Event", "Identity", "ImportChunk", "ImportPlan", "ImportProblem", "ImportReject",
    "ImportRun", "Member", "MemberTag", "OneTimeCode", "Order", "OrderLine", "Product", "Refund", "StoreBinding", "Tag",
]  # fmt: skip
