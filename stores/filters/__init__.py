from .codes import CodeFilter
from .log import LogFilter
from .staff import StaffFilter
from .stores import StoreFilter

__all__ = ["CodeFilter", "LogFilter", "StaffFilter", "StoreFilter"]
