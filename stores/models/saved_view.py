from django.db import models
from django.utils.translation import gettext_lazy as _

from .staff import Staff


class SavedView(models.Model):
    """A list as somebody likes to see it: filters, order and columns. Never searched words, which may be phones.

    ``words`` is the address's query (``brand=1&sort=-joined&cols=phone``). The one without a name holds the columns that
    its owner chose last. ``role`` shares it with colleagues of this role whose scope reaches the owner.
    """

    list = models.CharField(max_length=20)
    owner = models.ForeignKey(Staff, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=40, blank=True)
    words = models.CharField(max_length=1000)
    role = models.CharField(max_length=20, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "list", "name"], name="saved_view_once"),
            models.CheckConstraint(condition=~models.Q(name="") | models.Q(role=""), name="saved_view_shared_by_name"),
        ]
        indexes = [models.Index(fields=["list", "role"], condition=~models.Q(role=""), name="saved_view_shared")]

    def __str__(self):
        return self.name
