from .staff import StaffResource

__all__ = ["StaffResource"]
