"""How the parts are put together: settings, addresses, the Celery app, the embedded services.

Importing it makes the Celery app known, so that ``celery -A config`` and ``.delay()`` find it.
"""

from .celery import app as celery_app

__all__ = ["celery_app"]
