"""The programme of each brand: what a yuan earns, the ladder of tiers, and whom a scan binds."""

from contextlib import suppress
from types import SimpleNamespace

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from kombu.exceptions import OperationalError

from loyalty.queries import programs, reports
from loyalty.services import programs as services
from loyalty.tasks import reevaluate_programs
from stores.access import Permission
from stores.queries import stores
from stores.services import brands
from web.ui.charts import Bars
from web.ui.formats import local_name
from web.ui.pages import DetailPage, EditPage, Empty, Page

from .forms import BindingForm, LadderForm, RatesForm


class ProgramList(Page):
    """A card for each brand."""

    permission = Permission.PROGRAM_VIEW
    template = "portal/loyalty/list.html"
    title = gettext_lazy("Programmes")

    def get(self, request, *args, **kwargs):
        rows = programs.visible_to(request.user).order_by("brand__code")
        empty = Empty(_("No programmes yet"), _("A brand's programme opens with its first member or order."), "award")
        return self.render(programs=[(row, *ladder(request.user, row)) for row in rows], empty=empty)


def ladder(staff, program) -> tuple[list[dict], Bars]:
    """The tiers with their members: as rows, and as bars."""
    brand = stores.brands_visible_to(staff).filter(pk=program.brand_id)
    rows = [{**row, "label": local_name(SimpleNamespace(**row))} for row in reports.members_by_tier(brand)]
    return rows, Bars(_("Members by tier"), [(row["label"], row["members"]) for row in rows])


class ProgramPage(DetailPage):
    """One brand's programme."""

    permission = Permission.PROGRAM_VIEW
    template = "portal/loyalty/page.html"

    def rows(self):
        return programs.visible_to(self.request.user)

    def crumbs(self):
        return [(_("Programmes"), reverse("program-list"))]

    def context(self):
        rows, bars = ladder(self.request.user, self.object)
        templates = list(programs.coupon_templates(self.object))
        may_edit = programs.editable_by(self.request.user).filter(pk=self.object.pk).exists()
        return {"title": local_name(self.object.brand), "tiers": rows, "bars": bars, "templates": templates,
                "may_edit": may_edit}  # fmt: skip


class ProgramEdit(EditPage):
    """What the pages that change a programme share."""

    permission = Permission.PROGRAM_EDIT

    def rows(self):
        return programs.editable_by(self.request.user)

    def back(self):
        return reverse("program-detail", args=[self.kwargs["pk"]])

    def crumbs(self):
        return [(_("Programmes"), reverse("program-list")), (local_name(self.object.brand), self.back())]


class RatesEdit(ProgramEdit):
    """What a yuan earns."""

    form_class = RatesForm
    title = gettext_lazy("What a yuan earns")
    refusals = (services.BadProgram,)

    def initial(self):
        return {name: getattr(self.object, name) for name in RatesForm.base_fields}

    def save(self, form):
        services.edit_rates(self.object, **form.cleaned_data, by=self.request.user, now=self.now)


class LadderEdit(ProgramEdit):
    """The ladder; a worker moves the members to their new tiers."""

    form_class = LadderForm
    template = "portal/loyalty/ladder.html"
    title = gettext_lazy("Tiers")
    refusals = (services.BadProgram,)

    def form(self, data=None, files=None):
        return LadderForm(data, tiers=programs.ladder(self.object))

    def save(self, form):
        services.edit_ladder(self.object, form.rungs(), by=self.request.user, now=self.now)
        with suppress(OperationalError):  # without a broker the clock does it within seconds
            reevaluate_programs.delay()


class BindingEdit(ProgramEdit):
    """Which scan binds."""

    form_class = BindingForm
    title = gettext_lazy("Binding rule")
    refusals = (brands.BadRule,)

    def initial(self):
        return {"binding": self.object.brand.binding, "days": self.object.brand.binding_days}

    def save(self, form):
        brands.edit_binding(self.object.brand, **form.cleaned_data, by=self.request.user, now=self.now)
