from django.db import models

from .channel import Channel


class ChannelSecret(models.Model):
    """A secret of a channel's account at its platform, sealed. The one without an end is the one we sign with;
    after a change the one before it stays valid until its end, so that nothing is refused meanwhile.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=30)
    sealed = models.BinaryField()
    added_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "name"], condition=models.Q(ends_at=None), name="channel_secret_one_current"
            ),
            models.UniqueConstraint(
                fields=["channel", "name"], condition=models.Q(ends_at__isnull=False), name="channel_secret_one_former"
            ),
        ]

    class Privacy:
        keep = ["id", "channel", "name", "added_at", "ends_at"]
        erase = ["sealed"]

    def __str__(self):
        return self.name
