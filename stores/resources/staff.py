"""The staff file: one row for each person, Chinese or English headers, places by their codes."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError
from django.utils.translation import gettext as _
from import_export import fields, resources

from ..access import Role
from ..models import Staff
from ..queries import staff as people
from ..rules import granting
from ..services import invites
from ..services.staff import StaffProblem

HEADERS = {
    "username": ("login name", "login", "user name", "登录名", "账号", "工号"),
    "name": ("full name", "姓名", "员工姓名"),
    "role": ("position", "角色", "岗位", "职位"),
    "places": (
        "store",
        "stores",
        "store code",
        "store codes",
        "place codes",
        "门店编码",
        "门店",
        "范围编码",
        "所属门店",
    ),
    "phone": ("mobile", "手机", "手机号", "电话"),
    "email": ("e-mail", "mail", "邮箱", "电子邮箱"),
}
ROLE_WORDS = {
    "store manager": Role.STORE_MANAGER, "manager": Role.STORE_MANAGER, "店长": Role.STORE_MANAGER,
    "associate": Role.ASSOCIATE, "clerk": Role.ASSOCIATE, "店员": Role.ASSOCIATE, "导购": Role.ASSOCIATE,
    "region manager": Role.REGION_MANAGER, "大区经理": Role.REGION_MANAGER, "区域经理": Role.REGION_MANAGER,
    "dealer": Role.DEALER, "经销商": Role.DEALER,
}  # fmt: skip
BY_FILE = frozenset({Role.STORE_MANAGER, Role.ASSOCIATE, Role.REGION_MANAGER, Role.DEALER})
USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,59}")
CONTACT = ("name", "phone", "email")


def canonical(header: str) -> str:
    """Our word for a column, or the header as it stands."""
    word = str(header or "").strip().lower().replace("_", " ")
    return next((ours for ours, others in HEADERS.items() if word == ours or word in others), str(header or "").strip())


class StaffResource(resources.ModelResource):
    """Rows become accounts without a password (they open by one-time links); known people get their contact data.

    ``by`` is who imports: rows beyond that person's own roles and places are refused, each with its reason.
    """

    username = fields.Field(attribute="username", column_name="username")
    name = fields.Field(attribute="name", column_name="name")
    role = fields.Field(attribute="role", column_name="role")
    places = fields.Field(attribute="places", column_name="places", default="")
    phone = fields.Field(attribute="phone", column_name="phone", default="")
    email = fields.Field(attribute="email", column_name="email", default="")

    class Meta:
        model = Staff
        import_id_fields = ("username",)
        fields = ("username", "name", "role", "places", "phone", "email")
        use_bulk = True
        batch_size = None
        skip_diff = True
        use_transactions = True
        clean_model_instances = False

    def __init__(self, by: Staff | None = None, now: datetime | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.by, self.now = by, now

    # --- reading -----------------------------------------------------------------------------------
    def before_import(self, dataset, **kwargs):
        """Put our words over the columns and load what rows refer to, once for the file."""
        self.by = self.by or kwargs.get("by") or kwargs.get("user")
        assert self.by is not None, "StaffResource needs to know who imports"
        self.now = self.now or kwargs["now"]
        dataset.headers = [canonical(header) for header in dataset.headers or []]
        missing = [word for word in ("username", "name", "role") if word not in dataset.headers]
        if missing:
            raise ValidationError(_("The file lacks these columns: %(columns)s") % {"columns": ", ".join(missing)})
        names = [str(name or "").strip().lower() for name in dataset["username"]]
        self.known = people.by_usernames(names)
        self.mine = set(people.manageable_by(self.by).filter(username__in=names).values_list("pk", flat=True))
        self.nodes = {kind: self._coded(kind) for kind in ("region", "dealer", "store")}
        self.seen: set[str] = set()

    def _coded(self, kind: str) -> dict[str, Any]:
        rows = people.nodes_visible_to(self.by, kind)
        if kind == "region":
            return {f"{region.brand.code}/{region.code}".lower(): region for region in rows.select_related("brand")}
        return {node.code.lower(): node for node in rows.only("pk", "code")}

    def get_instance(self, instance_loader, row):
        return self.known.get(str(row.get("username") or "").strip().lower())

    def import_instance(self, instance, row, **kwargs):
        """Check one row and put it into the person. Raises ValidationError with a reason for each column."""
        wrong: dict[str, str] = {}
        said = {word: str(row.get(word) or "").strip() for word in HEADERS}
        username = said["username"].lower()
        for word, check in self._checks(instance, username).items():
            try:
                setattr(instance, word, check(said[word]))
            except ValidationError as error:
                wrong[word] = error.messages[0]
        self.seen.add(username)
        if not wrong:
            try:
                instance.nodes = self._nodes(instance.role, said["places"]) if instance._state.adding else []
            except ValidationError as error:
                wrong["places"] = error.messages[0]
        if wrong:
            raise ValidationError(wrong)

    def _checks(self, instance: Staff, username: str) -> dict[str, Callable[[str], str]]:
        checks = {"name": _name, "phone": _phone, "email": _email}
        if instance._state.adding:
            return {"username": lambda _text: self._username(username), "role": self._role} | checks
        return {"username": lambda _text: self._own(instance, username)} | checks

    def _username(self, username: str) -> str:
        if not USERNAME.fullmatch(username):
            raise ValidationError(_("A login name has 3 to 60 letters, digits or . _ @ + - signs."))
        if username in self.seen:
            raise ValidationError(_("This login name stands twice in the file."))
        return username

    def _own(self, instance: Staff, username: str) -> str:
        if instance.pk not in self.mine or username in self.seen:
            raise ValidationError(_("This login name is taken: choose another."))
        return username

    def _role(self, text: str) -> str:
        role = ROLE_WORDS.get(text.lower().replace("_", " "), text.lower())
        if role not in BY_FILE:
            raise ValidationError(
                _("Unknown role “%(role)s”. Headquarters roles are invited one by one.") % {"role": text}
            )
        if role not in granting.roles_granted_by(self.by):
            raise ValidationError(_("You cannot hand out this role."))
        return role

    def _nodes(self, role: str, text: str) -> list[Any]:
        kind = granting.SCOPES_OF_ROLE[role][0]
        codes = [code for code in re.split(r"[,，、;；\s]+", text.lower()) if code]
        if not codes:
            raise ValidationError(_("This role needs at least one place code."))
        unknown = [code for code in codes if code not in self.nodes[kind]]
        if unknown:
            raise ValidationError(_("Unknown or not yours: %(codes)s") % {"codes": ", ".join(unknown[:5])})
        return list({code: self.nodes[kind][code] for code in codes}.values())

    # --- writing -----------------------------------------------------------------------------------
    def skip_row(self, instance, original, row, import_validation_errors=None):
        return False

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def bulk_create(self, using_transactions, dry_run, raise_errors, batch_size=None, result=None):
        """All new rows in one call of the service."""
        new, self.create_instances = self.create_instances, []
        if not new or dry_run:
            return
        rows = [
            invites.NewPerson(
                username=one.username, name=one.name, role=one.role, nodes=one.nodes, email=one.email, phone=one.phone
            )
            for one in new
        ]
        try:
            invites.invite_many(rows, by=self.by, now=self.now)
        except (StaffProblem, IntegrityError) as error:
            self.handle_import_error(result, error, raise_errors)

    def bulk_update(self, using_transactions, dry_run, raise_errors, batch_size=None, result=None):
        """All known people in one call of the service."""
        changed, self.update_instances = self.update_instances, []
        if not changed or dry_run:
            return
        try:
            invites.edit_many(changed, by=self.by, now=self.now)
        except StaffProblem as error:
            self.handle_import_error(result, error, raise_errors)

    def after_import(self, dataset, result, **kwargs):
        """Nothing: sequences are PostgreSQL's business."""

    # --- exporting ---------------------------------------------------------------------------------
    def dehydrate_places(self, person: Staff) -> str:
        return ", ".join(getattr(node, "code", "") for node in people.places(person))


def _name(text: str) -> str:
    if not text or len(text) > 60:
        raise ValidationError(_("A name has 1 to 60 characters."))
    return text


def _phone(text: str) -> str:
    plain = re.sub(r"[\s-]", "", text)
    if plain and not re.fullmatch(r"\+?\d{5,19}", plain):
        raise ValidationError(_("This is not a phone number."))
    return plain


def _email(text: str) -> str:
    if text:
        validate_email(text)
    return text
