from .api_key import ApiAnswer, ApiKey, ApiName, ApiNonce, ApiUse
from .chain import Brand, Chain, Dealer, Region
from .channel import Channel
from .channel_secret import ChannelSecret
from .code import CodeScan, PosterArchive, StoreCode
from .export_request import ExportRequest
from .log import LogEntry
from .notice import Notice, NoticeRefusal
from .saved_view import SavedView
from .sender import Sender
from .staff import Grant, Staff
from .store import Store
from .task import TaskDone

__all__ = [
    "ApiAnswer", "ApiKey", "ApiName", "ApiNonce", "ApiUse", "Brand", "Chain", "Channel", "ChannelSecret",
    "CodeScan", "Dealer", "ExportRequest", "Grant", "LogEntry", "Notice", "NoticeRefusal", "PosterArchive",
    "Region", "SavedView", "Sender", "Staff", "Store", "StoreCode", "TaskDone",
]  # fmt: skip
