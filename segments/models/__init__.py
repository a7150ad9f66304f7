from .segment import AudienceSnapshot, Segment
from .store import AudienceStore

__all__ = ["AudienceSnapshot", "AudienceStore", "Segment"]
