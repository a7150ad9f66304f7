from datetime import time

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.models import CouponTemplate
from members.models import Purpose
from segments.models import AudienceSnapshot, Segment
from stores.models import Brand, Sender, Staff, Store


class CampaignTemplate(models.Model):
    """A campaign to be made again without new work. An edit adds one to ``version``; campaigns keep what they copied.

    ``is_local``: stores may start it by themselves inside the limits below. ``discount_floor`` is the least share of
    the price that a shopper still pays, in percent; ``budget`` is yuan of face value in one promotion.
    """

    brand = models.ForeignKey(Brand, models.PROTECT, related_name="+", verbose_name=_("brand"))
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    version = models.PositiveIntegerField(default=1)
    text = models.CharField(_("message"), max_length=500)
    text_en = models.CharField(_("message in English"), max_length=500, blank=True)
    sender = models.ForeignKey(Sender, models.PROTECT, null=True, related_name="+", verbose_name=_("sender"))
    coupon_template = models.ForeignKey(
        CouponTemplate, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("coupon")
    )
    is_local = models.BooleanField(_("stores may start it"), default=False)
    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"), null=True, blank=True)
    most_days = models.PositiveSmallIntegerField(_("days at most"), default=7)
    discount_floor = models.PositiveSmallIntegerField(_("price kept, percent at least"), default=80)
    budget = models.DecimalField(_("budget of one promotion"), max_digits=12, decimal_places=2, default=2000)
    most_at_once = models.PositiveSmallIntegerField(_("at most running in one store"), default=1)
    radius_m = models.PositiveIntegerField(_("radius at most, metres"), default=3000)
    created_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return self.name


class Campaign(models.Model):
    """Something we say to a set of members, once to each of them for each cause.

    Scheduled campaigns go to a locked audience at ``starts_at``; triggered ones to whoever an event of kind ``trigger``
    is about; local ones are a store's own promotion. Content is copied from the template and never follows it.

    ``fanned_out_to`` is the highest member id that has its delivery; ``fanned_out_at`` is set when all have.
    ``planned`` and ``sent`` count the deliveries as they are made and sent, so that a list need not.
    ``cap_count`` 0: no cap. ``drop_stale_after`` 0: never dropped. ``recent_…`` watch the share of errors.
    """

    class Kind(models.TextChoices):
        SCHEDULED = "scheduled", _("Scheduled")
        TRIGGERED = "triggered", _("On an event")
        LOCAL = "local", _("Store promotion")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", pgettext_lazy("state of a campaign", "Scheduled")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        FINISHED = "finished", _("Finished")
        CANCELLED = "cancelled", _("Cancelled")

    number = models.CharField(_("number"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.SCHEDULED)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="+", verbose_name=_("brand"))
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, related_name="+", verbose_name=_("store"), db_index=False
    )
    template = models.ForeignKey(CampaignTemplate, models.PROTECT, null=True, related_name="campaigns")
    template_version = models.PositiveIntegerField(default=0)
    trigger = models.CharField(_("event"), max_length=40, blank=True)
    segment = models.ForeignKey(Segment, models.PROTECT, null=True, related_name="+", verbose_name=_("audience"))
    snapshot = models.ForeignKey(AudienceSnapshot, models.PROTECT, null=True, related_name="+")
    sender = models.ForeignKey(Sender, models.PROTECT, null=True, related_name="+", verbose_name=_("sender"))
    purpose = models.CharField(max_length=16, choices=Purpose, default=Purpose.MARKETING)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    subject_en = models.CharField(_("subject in English"), max_length=120, blank=True)
    text = models.CharField(_("message"), max_length=500, blank=True)
    text_en = models.CharField(_("message in English"), max_length=500, blank=True)
    link = models.CharField(_("link"), max_length=300, blank=True)
    coupon_template = models.ForeignKey(
        CouponTemplate, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("coupon")
    )
    starts_at = models.DateTimeField(_("starts"), null=True)
    ends_at = models.DateTimeField(_("ends"), null=True)
    quiet_from = models.TimeField(_("quiet from"), default=time(23))
    quiet_until = models.TimeField(_("quiet until"), default=time(6))
    drop_stale_after = models.PositiveSmallIntegerField(_("hours after which a held message is dropped"), default=48)
    cap_count = models.PositiveSmallIntegerField(_("messages at most"), default=3)
    cap_days = models.PositiveSmallIntegerField(_("in days"), default=7)
    window_days = models.PositiveSmallIntegerField(_("days in which orders count"), default=14)
    budget = models.DecimalField(_("budget"), max_digits=12, decimal_places=2, null=True)
    created_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("changed"))
    launched_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    launched_at = models.DateTimeField(null=True)
    fanned_out_to = models.IntegerField(default=0)
    fanned_out_at = models.DateTimeField(null=True)
    planned = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    recent_sends = models.PositiveIntegerField(default=0)
    recent_errors = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "starts_at"]),
            models.Index(fields=["store", "-created_at"], name="campaign_of_store"),
            models.Index(fields=["trigger"], condition=models.Q(status="running"), name="campaign_live_trigger"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(sent__lte=models.F("planned")), name="campaign_sent_of_planned"),
            models.CheckConstraint(
                condition=models.Q(ends_at=None)
                | models.Q(starts_at=None)
                | models.Q(ends_at__gt=models.F("starts_at")),
                name="campaign_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="local") | models.Q(store__isnull=False), name="campaign_local_has_store"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def launched_sender(self) -> Sender:
        """The sender of a campaign that was launched: only a draft may be without."""
        assert self.sender is not None, "a launched campaign has a sender"
        return self.sender

    @property
    def is_untouched(self) -> bool:
        """Whether it was launched and nothing of it was prepared yet, so that it may be taken back."""
        waits = self.status in {self.Status.SCHEDULED, self.Status.PAUSED}
        listens = self.status == self.Status.RUNNING and self.kind == self.Kind.TRIGGERED
        has_begun = self.planned or self.fanned_out_to or self.fanned_out_at
        return (waits or listens) and not has_begun and self.kind != self.Kind.LOCAL
