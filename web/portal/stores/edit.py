"""Opening, editing, closing and importing stores."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from stores.access import Permission as P
from stores.queries import stores as queries
from stores.resources import StoreResource
from stores.resources.stores import HEADERS
from stores.services import stores
from web.ui.access import requires
from web.ui.pages import DeletePage, EditPage
from web.ui.uploads import UploadPage

from .forms import CloseForm, StoreForm


class StoreNew(EditPage):
    permission = P.STORE_EDIT
    template = "portal/stores/edit.html"
    title = _("New store")
    refusals = (stores.StoreProblem,)

    def form(self, data=None, files=None):
        return StoreForm(data, files, initial=self.initial(), staff=self.request.user)

    def save(self, form):
        store = stores.create(by=self.request.user, now=self.now, **form.cleaned_data)
        return reverse("store-detail", args=[store.pk])

    def back(self):
        return reverse("store-list")

    def crumbs(self):
        return [(_("Stores"), reverse("store-list"))]


class StoreEdit(StoreNew):
    title = _("Edit store")

    def rows(self):
        return queries.visible_to(self.request.user)

    def initial(self):
        return {name: getattr(self.object, name) for name in stores.FIELDS}

    def save(self, form):
        stores.edit(self.object, by=self.request.user, now=self.now, **form.cleaned_data)

    def back(self):
        return reverse("store-detail", args=[self.object.pk])

    def crumbs(self):
        return [(_("Stores"), reverse("store-list")), (self.object.name, self.back())]


class StoreClose(DeletePage):
    permission = P.STORE_EDIT
    form_class = CloseForm
    title = _("Close store")
    submit = _("Close the store")
    question = _("Its codes go out of use at once and say so when scanned. Members and orders stay.")
    refusals = (stores.StoreProblem,)

    def rows(self):
        return queries.visible_to(self.request.user)

    def save(self, form):
        stores.close(self.object, by=self.request.user, now=self.now, **form.cleaned_data)

    def back(self):
        return reverse("store-detail", args=[self.object.pk])


@require_POST
@requires(P.STORE_EDIT)
def reopen(request, pk):
    """Open a closed store again."""
    store = get_object_or_404(queries.visible_to(request.user), pk=pk)
    try:
        stores.reopen(store, by=request.user, now=timezone.now())
        messages.success(request, _("The store is open again."))
    except stores.StoreProblem as problem:
        messages.error(request, str(problem))
    return redirect("store-detail", pk=pk)


EXAMPLE = {
    "code": "HZ0001", "name": "西湖文三路店", "name_en": "Wensan Road", "province": "浙江", "city": "杭州",
    "address": "西湖区文三路 188 号", "phone": "0571-88880000", "latitude": "30.274100", "longitude": "120.126500",
    "opened_on": "2026-03-18", "time_zone": "Asia/Shanghai",
}  # fmt: skip
CHINESE = {
    "code": "门店编码", "brand": "品牌", "region": "大区", "dealer": "经销商", "name": "门店名称", "name_en": "英文名",
    "province": "省份", "city": "城市", "address": "地址", "phone": "电话", "latitude": "纬度", "longitude": "经度",
    "opened_on": "开业日期", "time_zone": "时区",
}  # fmt: skip


class StoreUpload(UploadPage):
    """Thousands of stores from one file: checked first, loaded on a second click."""

    permission = P.STORE_IMPORT
    template = "portal/stores/import.html"
    resource_class = StoreResource
    done_url = "store-list"
    title = _("Import stores")
    example_name = "stores"

    def crumbs(self):
        return [(_("Stores"), reverse("store-list"))]

    def heads(self):
        """The columns in the language of the page; both languages are read."""
        chinese = (get_language() or "").startswith("zh")
        return [CHINESE[word] if chinese else word for word in HEADERS]

    def examples(self):
        region = queries.regions_visible_to(self.request.user).first()
        place = {"brand": region.brand.code, "region": region.code} if region else {}
        return [[(EXAMPLE | place).get(word, "") for word in HEADERS]]
