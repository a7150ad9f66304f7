from django.db import models
from django.utils.translation import gettext_lazy as _

from .chain import Brand


def usual_shares() -> list[str]:
    """What a till or a mall needs at work: masked name and phone, tier, points and coupons."""
    return ["coupons", "name", "phone", "points", "tier"]


class Channel(models.Model):
    """A place facts come from: a till system, a mall shop, a mini-program. Every order names one.

    ``platform`` says whose protocol it speaks (see ``rules.platforms``), empty for our API and for files; ``settings``
    hold what is open about its account there. ``shares`` are the fields of members that may leave through it. It is
    stale when nothing good came for ``fresh_minutes``; without that number nobody expects anything.
    """

    class Kind(models.TextChoices):
        APP = "app", _("App")
        MALL = "mall", _("Own mall")
        MINI_PROGRAM = "mini_program", _("Mini-program")
        MARKETPLACE = "marketplace", _("Marketplace")
        STORE = "store", _("Store")
        POS = "pos", _("Till (POS)")
        OFFICIAL_ACCOUNT = "official_account", _("Official account")
        WECOM = "wecom", _("WeCom")
        COMMUNITY = "community", _("Community group")
        WECHAT_MATRIX = "wechat_matrix", _("Matrix of personal WeChat groups")
        PAYMENT = "payment", _("Payment platform")
        GROUP_BUY = "group_buy", _("Community group buying")
        LIVESTREAM = "livestream", _("Live-stream selling")
        DEALER = "dealer", _("Dealer's system")
        OWN_MIDDLE = "own_middle", _("Own middle platform")
        OTHER_MIDDLE = "other_middle", _("Third party's middle platform")
        MEMBER_SYSTEM = "member_system", _("Member system")
        EVENT_SYSTEM = "event_system", _("Campaign system")
        WIFI = "wifi", _("Store Wi-Fi")
        RFID = "rfid", _("RFID shelf")
        VENDING = "vending", _("Vending machine")
        SMS = "sms", _("Text message gateway")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True, default="")
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True, related_name="channels")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"))
    platform = models.CharField(_("platform"), max_length=20, blank=True, default="")
    settings = models.JSONField(default=dict)
    shares = models.JSONField(default=usual_shares)
    fresh_minutes = models.PositiveIntegerField(_("stale after minutes"), null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True, default="")

    def __str__(self):
        return self.name
