"""When a notice is tried again, and when to give up. Pure."""

from datetime import timedelta

MOST_TRIES = 8
FIRST_PAUSE, LONGEST_PAUSE = 2, 3_600  # seconds
KEPT_DAYS = 30  # after that the content of what was dealt with is emptied
KNOWN_DAYS = 180  # after that not even the key is known


def pause_after(tries: int) -> timedelta | None:
    """How long to wait after so many failures; None to give up."""
    return None if tries >= MOST_TRIES else timedelta(seconds=min(FIRST_PAUSE * 4**tries, LONGEST_PAUSE))
