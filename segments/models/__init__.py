from .segment import AudienceSnapshot, Segment

__all__ = ["AudienceSnapshot", "Segment"]
