"""Who is calling: a channel's key."""

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from stores.models import ApiKey
from stores.queries import channels as known
from stores.services import channels


class KeyRequest(HttpRequest):
    """A request whose key was let in."""

    auth: ApiKey


class ChannelKey(HttpBearer):
    """``Authorization: Bearer qy_<prefix>_<secret>``; ``request.auth`` is the key."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = known.authenticate(token)
        if key is not None:
            channels.note_use(key, now=timezone.now())
        return key
