"""Making and changing a coupon template, and withdrawing one coupon."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from loyalty.queries import coupons as queries
from loyalty.services import coupon_templates as services
from loyalty.services import coupons
from stores.access import Permission as P
from web.ui.formats import local_name
from web.ui.pages import DeletePage, EditPage

from .forms import TemplateForm, VoidForm
from .views import HERE


class TemplateNew(EditPage):
    permission = P.COUPON_EDIT
    title = _("New coupon template")
    submit = _("Create")
    refusals = (services.BadTemplate,)

    def form(self, data=None, files=None):
        return TemplateForm(data, staff=self.request.user)

    def save(self, form):
        words = dict(form.cleaned_data)
        made = services.create(words.pop("program"), **words, by=self.request.user, now=self.now)
        return reverse("coupon-detail", args=[made.pk])

    def back(self):
        return reverse("coupon-list")

    def crumbs(self):
        return [HERE]


class TemplateEdit(EditPage):
    permission = P.COUPON_EDIT
    template = "portal/coupons/edit.html"
    title = _("Edit coupon template")
    refusals = (services.BadTemplate,)

    def rows(self):
        return queries.templates_visible_to(self.request.user)

    def initial(self):
        words = {name: getattr(self.object, name) for name in services.WORDS}
        codes = " ".join(store.code for store in queries.places_of(self.object))
        return words | {"stores": codes, "stock_seen": self.object.stock}

    def form(self, data=None, files=None):
        self.is_issued = queries.is_issued(self.object)
        initial = self.initial()
        return TemplateForm(
            data, initial=initial, staff=self.request.user, is_new=False, is_issued=self.is_issued
        )  # fmt: skip

    def context(self):
        return {"is_issued": self.is_issued}

    def save(self, form):
        services.edit(self.object, **form.cleaned_data, by=self.request.user, now=self.now)

    def back(self):
        return reverse("coupon-detail", args=[self.object.pk])

    def crumbs(self):
        return [HERE, (local_name(self.object), self.back())]


class CouponVoid(DeletePage):
    permission = P.COUPON_EDIT
    title = _("Withdraw a coupon")
    submit = _("Withdraw")
    form_class = VoidForm
    question = _(
        "The member can no longer use this coupon. This cannot be undone, and it does not go back into the stock."
    )
    refusals = (coupons.CannotVoid,)

    def rows(self):
        return queries.visible_to(self.request.user).select_related("template")

    def save(self, form):
        coupons.void(self.object, by=self.request.user, now=self.now, reason=form.cleaned_data["reason"])

    def back(self):
        return reverse("coupon-issued", args=[self.object.template_id])

    def crumbs(self):
        return [HERE, (local_name(self.object.template), reverse("coupon-detail", args=[self.object.template_id]))]
