from django.db import models
from django.utils.translation import gettext_lazy as _


class Sender(models.Model):
    """An account that messages leave through: an SMS gateway's webhook, a mail server, or the console of a demo.

    ``settings`` holds what the connector needs (address, sender line); ``secret`` is encrypted. ``is_idempotent``: the
    other side takes a message with the same key once, so a message of unknown fate may be sent again. ``free_at``: when
    the next message may leave, so that all workers together keep ``rate``; ``closed_until``: a pause after errors.
    """

    class Medium(models.IntegerChoices):
        SMS = 1, _("Text message")
        EMAIL = 2, _("E-mail")
        OFFICIAL_ACCOUNT = 3, _("Official account")

    class Kind(models.TextChoices):
        CONSOLE = "console", _("Console")
        SMTP = "smtp", _("Mail server (SMTP)")
        WEBHOOK = "webhook", _("Signed webhook")
        ALIYUN_SMS = "aliyun_sms", _("Aliyun text messages")
        TENCENT_SMS = "tencent_sms", _("Tencent text messages")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    medium = models.SmallIntegerField(_("medium"), choices=Medium)
    settings = models.JSONField(default=dict)
    secret = models.BinaryField(default=bytes)
    is_idempotent = models.BooleanField(_("takes the same key once"), default=False)
    rate = models.PositiveIntegerField(_("messages a second at most"), default=200)
    is_active = models.BooleanField(_("active"), default=True)
    errors_in_row = models.PositiveIntegerField(default=0)
    closed_until = models.DateTimeField(null=True, blank=True)
    free_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        ordering = ["medium", "code"]

    def __str__(self):
        return self.name
