from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    verbose_name = _("Loyalty")

    def ready(self) -> None:
        from members.imports import kinds  # noqa: PLC0415 -- models are loaded only now

        from .resources import LegacyMemberResource  # noqa: PLC0415 -- models are loaded only now

        kinds.register(LegacyMemberResource)
