from .staff import StaffResource
from .stores import StoreResource

__all__ = ["StaffResource", "StoreResource"]
