from django.db import models

from stores.models import Staff, Store, StoreCode

from .member import Member


class Assist(models.Model):
    """A one-time link by which an associate helps somebody to join: the customer types on their own phone.

    ``code`` is the associate's own code, which the link leads to; ``member`` who joined by it.
    """

    token = models.CharField(max_length=32, unique=True, db_collation="C")
    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    associate = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    code = models.ForeignKey(StoreCode, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False)

    class Meta:
        indexes = [models.Index(fields=["associate", "-made_at"], name="assist_of_associate")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_at=None, member=None) | models.Q(done_at__isnull=False, member__isnull=False),
                name="assist_done_with_a_member",
            )
        ]

    class Privacy:
        keep = ["id", "token", "store", "associate", "code", "made_at", "ends_at", "opened_at", "done_at", "member"]

    def __str__(self):
        return f"{self.associate_id} {self.made_at:%F}"
