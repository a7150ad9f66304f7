from .log import LogFilter
from .staff import StaffFilter

__all__ = ["LogFilter", "StaffFilter"]
