from django.db import models
from django.utils.translation import gettext_lazy as _

from stores.models import Channel, Staff, Store, StoreCode


class Joined(models.Manager["Member"]):
    """People who joined. Prospects are found by ``Member.people``, merged records by ``Member.everyone`` only."""

    def get_queryset(self) -> models.QuerySet["Member"]:
        return super().get_queryset().filter(merged_into=None, joined_at__isnull=False)


class People(models.Manager["Member"]):
    """Records that stand for a person, joined or not."""

    def get_queryset(self) -> models.QuerySet["Member"]:
        return super().get_queryset().filter(merged_into=None)


class Member(models.Model):
    """One person. ``id`` is a dense 32-bit integer: the audience engine uses it as an array position.

    Without ``joined_at`` it is a prospect: somebody whom we know by a device or a platform's name and who has not joined.
    A record that was merged into another one keeps its row and number and owns nothing: see docs/identity.md.
    """

    class Gender(models.TextChoices):
        UNKNOWN = "", _("Not given")
        FEMALE = "f", _("Female")
        MALE = "m", _("Male")

    id = models.AutoField(primary_key=True)
    number = models.CharField(_("member number"), max_length=20)
    name = models.CharField(_("name"), max_length=60, blank=True)
    gender = models.CharField(_("gender"), max_length=1, choices=Gender, blank=True, default="")
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    note = models.CharField(_("note"), max_length=300, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    home_store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("home store"),
        db_index=False,
    )
    associate = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("associate"),
        db_index=False,
    )
    joined_at = models.DateTimeField(_("joined"), null=True)
    joined_channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, related_name="+", verbose_name=_("channel"), db_index=False
    )
    joined_code = models.ForeignKey(StoreCode, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    restricted_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False, db_index=False
    )
    came_as: int | None = None  # no field: by whose identity this member was found, when that one was merged

    objects = Joined()
    people = People()
    everyone = models.Manager()  # noqa: DJ012 -- a manager, too

    class Meta:
        indexes = [
            models.Index(fields=["-joined_at", "-id"]),
            models.Index(fields=["home_store", "-joined_at"]),
            models.Index(fields=["associate"], condition=models.Q(associate__isnull=False), name="member_associate"),
            models.Index(fields=["-created_at", "-id"], condition=models.Q(joined_at=None), name="member_prospects"),
            models.Index(fields=["name"]),
            models.Index(
                fields=["latitude", "longitude"], condition=models.Q(latitude__isnull=False), name="member_place"
            ),
            models.Index(
                fields=["merged_into"], condition=models.Q(merged_into__isnull=False), name="member_merged_into"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="member_number_once"),  # unique=True makes a second index
            models.CheckConstraint(condition=~models.Q(merged_into=models.F("id")), name="member_not_into_itself"),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="member_place_on_earth",
            ),
        ]

    class Privacy:
        keep = ["id", "number", "language", "home_store", "associate", "joined_at", "joined_channel", "joined_code",
                "created_at", "updated_at", "restricted_at", "erased_at", "merged_into"]  # fmt: skip
        mask = ["name", "gender", "birthday"]
        erase = ["note", "latitude", "longitude"]

    def __str__(self):
        return self.number

    @property
    def is_prospect(self) -> bool:
        """Somebody who has not joined."""
        return self.joined_at is None


class Tag(models.Model):
    """A word from the tag dictionary. A retired tag stays on members and in rules, and is not given out any more."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    name_en = models.CharField(_("English name"), max_length=40, blank=True)
    group = models.CharField(_("group"), max_length=40, blank=True)
    description = models.CharField(_("what it means"), max_length=200, blank=True)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return self.name


class MemberTag(models.Model):
    """A member wears a tag. No foreign-key trigger: orphans are looked for nightly."""

    pk = models.CompositePrimaryKey("member_id", "tag_id")
    member = models.ForeignKey(Member, models.CASCADE, related_name="member_tags", db_constraint=False, db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="member_tags")
    added_at = models.DateTimeField()
    source = models.CharField(max_length=60, blank=True)
    came_as = models.IntegerField(null=True)

    class Privacy:
        keep = ["member", "tag", "added_at", "source", "came_as"]
