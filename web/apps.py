from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    name = "web"
    verbose_name = _("Web")

    def ready(self) -> None:
        from . import checks  # noqa: PLC0415, F401 -- registers itself, once settings are loaded
