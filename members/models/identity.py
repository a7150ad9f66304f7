from django.db import models
from django.db.models import Value
from django.db.models.functions import Right, StrIndex, Substr
from django.utils.translation import gettext_lazy as _

from stores.models import Channel

from .member import Member


class Identity(models.Model):
    """One phone, card number or openid, owned by one member, once. The pair (kind, value) is the key.

    Values stand in the form of ``members.rules.identities.canonical``: those of WeCom and later with their scope.
    """

    class Kind(models.IntegerChoices):
        PHONE = 1, _("Phone")
        CARD = 2, _("Card number")
        OPENID = 3, _("OpenID")
        UNIONID = 4, _("UnionID")
        EMAIL = 5, _("E-mail")
        WECOM = 6, _("WeCom contact")
        ALIPAY = 7, _("Alipay user")
        BUYER = 8, _("Buyer on a platform")
        DEVICE = 9, _("Device")

    pk = models.CompositePrimaryKey("kind", "value")
    kind = models.SmallIntegerField(choices=Kind)
    value = models.CharField(max_length=128, db_collation="C")
    member = models.ForeignKey(Member, models.CASCADE, related_name="identities", db_constraint=False, db_index=False)
    is_verified = models.BooleanField(default=False)
    added_at = models.DateTimeField()
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    came_as = models.IntegerField(null=True, help_text="the member who brought it, when that one was merged")

    class Meta:
        indexes = [
            models.Index(fields=["member"], name="identity_member"),
            # the till asks for the last four digits and a name
            models.Index(Right("value", 4), "member", condition=models.Q(kind=1), name="identity_last_four_of_phone"),
            # headquarters asks for a card or an id without knowing its scope; see ``inside``
            models.Index(
                Substr("value", StrIndex("value", Value(":")) + 1),
                "member",
                condition=models.Q(kind__in=[2, 3, 8], value__contains=":"),
                name="identity_inside_scope",
            ),
        ]

    class Privacy:
        keep = ["kind", "member", "is_verified", "added_at", "channel", "came_as"]
        mask = ["value"]

    @staticmethod
    def inside() -> Substr:
        """The value behind its scope, as the index knows it; only with ``value__contains=":"`` and kinds 2, 3 and 8."""
        return Substr("value", StrIndex("value", Value(":")) + 1)
