"""The first page of the day."""

from stores.access import Permission
from web.ui.pages import Page


class Home(Page):
    """What happened today, in seven and in thirty days; what is still to set up."""

    permission = Permission.HOME_VIEW
    template = "portal/home/home.html"
