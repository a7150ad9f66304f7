"""The store file: one row for each store, Chinese or English headers, places in the tree by code or name."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields, resources

from ..models import Brand, Dealer, Region, Staff, Store
from ..queries import stores as shops
from ..rules import places
from ..services import stores

HEADERS = {
    "code": ("store code", "store no", "number", "store number", "门店编码", "门店编号", "门店代码", "店号", "编码"),
    "brand": ("品牌", "brand code", "品牌编码", "子品牌"),
    "region": ("大区", "区域", "region code", "大区编码", "所属大区"),
    "dealer": ("经销商", "dealer code", "经销商编码", "加盟商"),
    "name": ("store name", "store", "门店名称", "门店", "店名", "名称"),
    "name_en": ("english name", "name en", "英文名", "英文名称", "门店英文名"),
    "province": ("省", "省份"),
    "city": ("市", "城市"),
    "address": ("地址", "门店地址", "详细地址"),
    "phone": ("telephone", "电话", "门店电话", "联系电话"),
    "latitude": ("lat", "纬度"),
    "longitude": ("lng", "lon", "经度"),
    "opened_on": ("opened", "opening date", "开业日期", "开店日期", "开业时间"),
    "time_zone": ("timezone", "时区"),
}
NEEDED = ("code", "brand", "region", "name")
TEXTS = {"name": 120, "name_en": 120, "province": 40, "city": 40, "address": 200, "phone": 30}
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,31}")
DAY = re.compile(r"(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})(\D.*)?")


def canonical(header: str) -> str:
    """Our word for a column, or the header as it stands."""
    word = str(header or "").strip().strip("*").lower().replace("_", " ")
    for ours, others in HEADERS.items():
        if word == ours.replace("_", " ") or word in others:
            return ours
    return str(header or "").strip()


class StoreResource(resources.ModelResource):
    """New codes become stores, known codes are changed; an empty cell leaves what is there.

    ``by`` is who imports: only that person's places of the tree are known, and only their stores change.
    """

    code = fields.Field(attribute="code", column_name="code")
    brand = fields.Field(attribute="brand__code", column_name="brand")
    region = fields.Field(attribute="region__code", column_name="region")
    dealer = fields.Field(attribute="dealer__code", column_name="dealer")

    class Meta:
        model = Store
        import_id_fields = ("code",)
        fields = tuple(HEADERS)
        export_order = tuple(HEADERS)
        use_bulk = True
        batch_size = None
        skip_diff = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = False  # the service's one transaction holds the whole file
        clean_model_instances = False

    def __init__(self, by: Staff | None = None, now: datetime | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.by, self.now = by, now
        self.create_instances: list[Store] = []
        self.update_instances: list[Store] = []

    # --- reading -----------------------------------------------------------------------------------
    def before_import(self, dataset, **kwargs):
        """Put our words over the columns and load what rows refer to, once for the file."""
        dataset.headers = [canonical(header) for header in dataset.headers or []]
        if missing := [word for word in NEEDED if word not in dataset.headers]:
            raise ValidationError(_("The file lacks these columns: %(columns)s") % {"columns": ", ".join(missing)})
        if twice := {word for word in HEADERS if dataset.headers.count(word) > 1}:
            raise ValidationError(_("These columns stand twice: %(columns)s") % {"columns": ", ".join(sorted(twice))})
        assert self.by is not None, "StoreResource needs to know who imports"
        codes = [_text(code) for code in dataset["code"]]
        self.known = shops.by_codes(self.by, codes)
        self.taken = shops.taken_codes(codes)
        brands, regions, dealers = shops.tree(self.by)
        self.brands = _named(brands, lambda _brand: None)
        self.regions = _named(regions, lambda region: region.brand_id)
        self.dealers = _named(dealers, lambda dealer: dealer.region_id)
        self.seen: set[str] = set()
        self.old: dict[int, dict] = {}

    def get_instance(self, instance_loader, row):
        return self.known.get(_text(row.get("code")).lower())

    def import_instance(self, instance, row, **kwargs):
        """Check one row and put it into the store. Raises ValidationError with a reason for each column."""
        said = {word: _text(row.get(word)) for word in HEADERS}
        before = {name: getattr(instance, f"{name}_id" if name in _TREE else name) for name in stores.FIELDS}
        wrong: dict[str, str] = {}
        for step in (self._code, self._tree, _texts, _place, _day, _zone):
            wrong |= step(instance, said)
        if wrong:
            raise ValidationError(wrong)
        after = {name: getattr(instance, f"{name}_id" if name in _TREE else name) for name in stores.FIELDS}
        self.old[id(instance)] = {name: old for name, old in before.items() if after[name] != old}

    def _code(self, store: Store, said: dict[str, str]) -> dict[str, str]:
        low = said["code"].lower()
        again = low in self.seen
        self.seen.add(low)
        if not CODE.fullmatch(said["code"]):
            return {"code": _("A store number has 1 to 32 letters, digits, dots, dashes or underscores.")}
        if again:
            return {"code": _("This store number stands twice in the file.")}
        if store._state.adding:
            if low in self.taken:
                return {"code": _("This store number is taken by a store outside of your scope.")}
            store.code = said["code"]
        return {}

    def _tree(self, store: Store, said: dict[str, str]) -> dict[str, str]:
        """Brand, region and dealer by code or name, each under the one before."""
        brand: Brand | None = self.brands.get((None, said["brand"].lower()))
        if brand is None:
            return {"brand": _("Unknown brand “%(name)s”.") % {"name": said["brand"]}}
        region: Region | None = self.regions.get((brand.pk, said["region"].lower()))
        if region is None:
            return {"region": _("The brand has no region “%(name)s”.") % {"name": said["region"]}}
        dealer: Dealer | None = self.dealers.get((region.pk, said["dealer"].lower())) if said["dealer"] else None
        if said["dealer"] and dealer is None:
            return {"dealer": _("The region has no dealer “%(name)s”.") % {"name": said["dealer"]}}
        if dealer is None and store.dealer_id and store.region_id == region.pk:
            dealer = self.dealer_of(store)
        store.brand, store.region, store.dealer = brand, region, dealer
        return {}

    def dealer_of(self, store: Store) -> Dealer | None:
        """The dealer that an empty cell leaves in place."""
        return next((dealer for dealer in self.dealers.values() if dealer.pk == store.dealer_id), None)

    # --- writing -----------------------------------------------------------------------------------
    def skip_row(self, instance, original, row, import_validation_errors=None):
        return not import_validation_errors and not instance._state.adding and not self.old.get(id(instance))

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def bulk_create(self, using_transactions, dry_run, raise_errors, batch_size=None, result=None):
        """New and changed stores in one call of the service."""
        new, self.create_instances = self.create_instances, []
        changed, self.update_instances = self.update_instances, []
        if dry_run or self.now is None or not (new or changed):
            return
        try:
            pairs = [(store, self.old[id(store)]) for store in changed]
            stores.load_many(new, pairs, by=self.by, now=self.now)
        except stores.StoreProblem as error:
            self.handle_import_error(result, error, raise_errors)

    def bulk_update(self, *args, **kwargs):
        """Nothing: ``bulk_create`` hands over both."""

    def after_import(self, dataset, result, **kwargs):
        """Nothing: sequences are PostgreSQL's business."""


_TREE = {"brand", "region", "dealer"}


def _named(nodes: Iterable[Any], parent: Callable[[Any], int | None]) -> dict[tuple[int | None, str], Any]:
    """Nodes under (their parent, code or name); a code wins over another node's name."""
    found: dict[tuple[int | None, str], Any] = {}
    for node in nodes:
        for word in filter(None, (node.name, node.name_en)):
            found.setdefault((parent(node), word.strip().lower()), node)
    for node in nodes:
        found[parent(node), node.code.lower()] = node
    return found


def _text(value: Any) -> str:
    """A cell as text: no edges, no “.0” of a number that Excel made of a code."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _texts(store: Store, said: dict[str, str]) -> dict[str, str]:
    wrong = {}
    for name, most in TEXTS.items():
        if len(said[name]) > most:
            wrong[name] = _("At most %(most)d characters.") % {"most": most}
        elif said[name]:
            setattr(store, name, said[name])
    if not store.name:
        wrong["name"] = _("The store needs a name.")
    return wrong


def _place(store: Store, said: dict[str, str]) -> dict[str, str]:
    try:
        if found := places.pair(said["latitude"], said["longitude"]):
            store.latitude, store.longitude = found
    except places.WrongPlace as error:
        return {"latitude": why_not(error.reason)}
    return {}


def why_not(reason: str) -> str:
    """What is wrong with a pair of coordinates, in words."""
    return {
        "number": _("Coordinates are numbers of degrees, like 30.274100 and 120.155100."),
        "range": _("Latitude lies between -90 and 90, longitude between -180 and 180."),
        "half": _("Give both latitude and longitude, or neither."),
        "zero": _("0, 0 lies in the sea: leave both empty if the place is unknown."),
        "swapped": _("Latitude and longitude look swapped."),
    }[reason]


def _day(store: Store, said: dict[str, str]) -> dict[str, str]:
    if not said["opened_on"]:
        return {}
    match = DAY.fullmatch(said["opened_on"])
    try:
        if not match:
            raise ValueError
        store.opened_on = date(*(int(part) for part in match.groups()[:3]))
    except ValueError:
        return {"opened_on": _("This is not a date: write it like 2026-03-18.")}
    return {}


def _zone(store: Store, said: dict[str, str]) -> dict[str, str]:
    if said["time_zone"]:
        store.time_zone = said["time_zone"]
    return {} if stores.is_zone(store.time_zone) else {"time_zone": _("There is no such time zone.")}
