from django.db import models


class AudienceStore(models.Model):
    """Which audience store follows this database. One row; files with another token belong to another one.

    ``wanted_at`` asks the writer for a new build: after bulk writing that tells no reader.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    token = models.CharField(max_length=32, blank=True)
    built_at = models.DateTimeField(null=True)
    build_seconds = models.FloatField(null=True)
    members = models.PositiveIntegerField(default=0)
    wanted_at = models.DateTimeField(null=True)
    wanted_why = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_audience_store")]

    def __str__(self):
        return self.token
