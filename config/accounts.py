"""What sign-in allows: staff are invited, nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedDoor(DefaultAccountAdapter):
    """Accounts are made by `stores.services.staff.invite` only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
