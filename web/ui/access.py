"""The door of a view: signed in, and holding the permission that the view names."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from stores import access
from stores.access import Permission


def turned_away(request: HttpRequest, permission: Permission) -> HttpResponseBase | None:
    """None when the person may pass; the way to the sign-in page for a stranger.

    Raises PermissionDenied for somebody who is signed in and may not.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not access.may(request.user, permission):
        raise PermissionDenied
    return None


def requires(permission: Permission) -> Callable:
    """Decorator of a function view; the permission stays readable as ``view.permission``."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
            return turned_away(request, permission) or view(request, *args, **kwargs)

        guarded.permission = permission
        return guarded

    return decorate
