from django.db import models

from stores.models import Staff, Store, StoreCode

from .member import Member


class StoreBinding(models.Model):
    """Which store (and associate) a member belonged to, since when and why. At most one is open per member."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="bindings", db_constraint=False, db_index=False)
    store = models.ForeignKey(Store, models.PROTECT, related_name="+", db_index=False)
    associate = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    code = models.ForeignKey(StoreCode, models.PROTECT, null=True, related_name="+", db_index=False)
    bound_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40)
    came_as = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=models.Q(ended_at=None), name="one_open_binding_per_member"
            )
        ]
        indexes = [models.Index(fields=["member", "-bound_at"])]

    class Privacy:
        keep = ["id", "member", "store", "associate", "code", "bound_at", "ended_at", "reason", "came_as"]
