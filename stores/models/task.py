from django.db import models

from .staff import Staff
from .store import Store


class TaskDone(models.Model):
    """Somebody in a store ticked one of the day's tasks off. The tasks themselves follow from what is to be done."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    kind = models.CharField(max_length=20)
    done_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "day", "kind"], name="task_done_once")]

    def __str__(self):
        return f"{self.day} {self.kind}"
