from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models import Brand


class Program(models.Model):
    """A brand's loyalty programme: what a yuan earns. Points and growth are whole numbers, rounded down per order."""

    brand = models.OneToOneField(Brand, models.PROTECT, related_name="program")
    points_per_yuan = models.DecimalField(_("points per yuan"), max_digits=8, decimal_places=4, default=1)
    growth_per_yuan = models.DecimalField(_("growth value per yuan"), max_digits=8, decimal_places=4, default=1)
    points_valid_days = models.PositiveSmallIntegerField(_("days points stay valid"), null=True, blank=True)
    ladder_changed_at = models.DateTimeField(null=True, editable=False)
    ladder_applied_at = models.DateTimeField(null=True, editable=False)  # null while members still move

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(points_per_yuan__gte=0, growth_per_yuan__gte=0), name="program_rates_not_negative"
            )
        ]

    def __str__(self):
        return str(self.brand)


class Book(models.Model):
    """One kind of asset of one programme (积分 or 成长值). A small key, since it stands in every ledger row."""

    class Asset(models.TextChoices):
        POINTS = "points", _("Points")
        GROWTH = "growth", _("Growth value")

    id = models.SmallAutoField(primary_key=True)
    program = models.ForeignKey(Program, models.PROTECT, related_name="books", db_index=False)
    asset = models.CharField(max_length=8, choices=Asset)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "asset"], name="book_once")]


class Tier(models.Model):
    """A rung of the ladder: reached when growth value is at least ``threshold``."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="tiers", db_index=False)
    rank = models.PositiveSmallIntegerField(_("rank"))
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40, blank=True)
    threshold = models.BigIntegerField(_("growth value needed"))

    class Meta:
        ordering = ["program", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["program", "rank"], name="tier_rank_once"),
            models.UniqueConstraint(fields=["program", "threshold"], name="tier_threshold_once"),
            models.CheckConstraint(condition=models.Q(threshold__gte=0), name="tier_threshold_not_negative"),
        ]

    def __str__(self):
        return self.name
