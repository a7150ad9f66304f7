"""Is the service well? For load balancers and for `make up`."""

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from kombu import Connection
from kombu.exceptions import OperationalError


def database_is_well() -> bool:
    """True when the database answers a question."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:  # an InterfaceError is no DatabaseError
        return False
    return True


def broker_is_well() -> bool:
    """True when the broker accepts a connection within two seconds."""
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (OperationalError, OSError):
        return False
    return True


def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers; the broker may be down for a while and the shop goes on."""
    database, broker = database_is_well(), broker_is_well()
    answer = {"database": database, "broker": broker, "status": "ok" if database and broker else "degraded"}
    return JsonResponse(answer, status=200 if database else 503, headers={"Cache-Control": "no-store"})
