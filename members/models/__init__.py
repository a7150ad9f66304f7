from .assist import Assist
from .binding import StoreBinding
from .consent import Consent, ConsentText, Medium, Purpose
from .day import StoreDay, StoreDayChange
from .event import Event
from .identity import Identity
from .import_run import ImportChunk, ImportPlan, ImportProblem, ImportReject, ImportRun
from .inbox import Inbox
from .match_case import MatchCase
from .member import Member, MemberTag, Tag
from .merge import Merge, MergedRow
from .one_time_code import OneTimeCode
from .order import Order, OrderLine, Refund
from .privacy import PrivacyRequest
from .product import Product

__all__ = [
    "Assist", "Consent", "ConsentText", "Event", "Identity", "ImportChunk", "ImportPlan", "ImportProblem", "ImportReject",
    "ImportRun", "Inbox", "MatchCase", "Medium", "Member", "MemberTag", "Merge", "MergedRow", "OneTimeCode", "Order", "OrderLine",
    "PrivacyRequest", "Product", "Purpose", "Refund", "StoreBinding", "StoreDay", "StoreDayChange", "Tag",
]  # fmt: skip
