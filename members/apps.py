from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members")

    def ready(self) -> None:
        from .imports import kinds  # noqa: PLC0415 -- models are loaded only now
        from .resources import ProductResource  # noqa: PLC0415 -- models are loaded only now

        kinds.register(ProductResource)
