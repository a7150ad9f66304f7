"""Many hands at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

HANDS = 8


def at_once(act, count=HANDS):
    """Run ``act(n)`` in threads that start together; what each returned or raised."""
    gate = threading.Barrier(count)

    def one(n):
        gate.wait()
        try:
            return act(n)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def errors(results):
    return [each for each in results if isinstance(each, Exception)]
