from .account import Account, Consume, Entry, Lot
from .coupon import Coupon, CouponTemplate
from .day import BookDay, BookDayChange, CouponDay, CouponDayChange
from .program import Book, Program, Tier
from .standing import Standing, TierChange

__all__ = [
    "Account", "Book", "BookDay", "BookDayChange", "Consume", "Coupon", "CouponDay", "CouponDayChange",
    "CouponTemplate", "Entry", "Lot", "Program", "Standing", "Tier", "TierChange",
]  # fmt: skip
