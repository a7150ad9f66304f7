from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..access import Role
from .chain import Brand, Dealer, Region
from .store import Store


class StaffManager(BaseUserManager):
    def create_user(self, username, password=None, **given):
        staff = self.model(username=self.model.normalize_username(username), **given)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff

    def create_superuser(self, username, password=None, **given):
        given = {"role": Role.ADMIN, "scope": Staff.Scope.CHAIN, "name": username} | given
        return self.create_user(username, password, is_superuser=True, **given)


class Staff(AbstractBaseUser, PermissionsMixin):
    """A person who works here. ``role`` says what they may do, ``scope`` and grants say to which rows."""

    class Scope(models.TextChoices):
        CHAIN = "chain", _("Whole chain")
        BRAND = "brand", _("Brands")
        REGION = "region", _("Regions")
        DEALER = "dealer", _("Dealers")
        STORE = "store", _("Stores")

    username = models.CharField(_("login name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=60)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.CHOICES)
    scope = models.CharField(_("scope"), max_length=8, choices=Scope, default=Scope.STORE)
    language = models.CharField(
        _("language"), max_length=10, choices=[("zh-hans", "简体中文"), ("en", "English")], default="zh-hans"
    )
    time_zone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    is_active = models.BooleanField(_("active"), default=True)
    must_change_password = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("created"), null=True)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)

    objects = StaffManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        ordering = ["username"]
        indexes = [models.Index(fields=["role", "username"])]

    class Privacy:
        keep = ["id", "username", "password", "role", "scope", "language", "time_zone", "is_active", "is_superuser",
                "must_change_password", "created_at", "left_at", "last_login"]  # fmt: skip
        mask = ["name", "email", "phone"]

    def __str__(self):
        return self.name or self.username

    @property
    def is_staff(self) -> bool:
        """Only engineers open Django's admin."""
        return self.is_superuser

    @property
    def sees_every_store(self) -> bool:
        return self.scope == self.Scope.CHAIN

    @property
    def is_headquarters(self) -> bool:
        return self.role in Role.HEADQUARTERS

    @property
    def works_in_store(self) -> bool:
        return self.role in Role.STORE


class Grant(models.Model):
    """One node of the tree that a person may see; exactly one of the four is set."""

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="grants", db_index=False)
    brand = models.ForeignKey(Brand, models.CASCADE, null=True, blank=True, related_name="+")
    region = models.ForeignKey(Region, models.CASCADE, null=True, blank=True, related_name="+")
    dealer = models.ForeignKey(Dealer, models.CASCADE, null=True, blank=True, related_name="+")
    store = models.ForeignKey(Store, models.CASCADE, null=True, blank=True, related_name="grants")
    granted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "brand", "region", "dealer", "store"], name="grant_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="grant_names_one_node",
                condition=models.Q(brand__isnull=False, region=None, dealer=None, store=None)
                | models.Q(brand=None, region__isnull=False, dealer=None, store=None)
                | models.Q(brand=None, region=None, dealer__isnull=False, store=None)
                | models.Q(brand=None, region=None, dealer=None, store__isnull=False),
            ),
        ]
