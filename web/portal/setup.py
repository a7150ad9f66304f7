"""The first day: what a new chain still has to do, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from loyalty.queries import programs
from members.queries import members, orders, products
from stores.access import Permission as P
from stores.access import may
from stores.models import Staff
from stores.queries import channels, codes, presence, staff, stores
from web.ui.menu import address


@dataclass(frozen=True)
class Step:
    """One thing to do, whether it is done, and where."""

    label: Any
    why: Any
    url: str
    is_done: bool


def steps(person: Staff) -> Sequence[Step]:
    """The check-list for whoever may set up the chain; empty for others and once all is done."""
    if not (may(person, P.STORE_IMPORT) and person.sees_every_store):
        return ()
    has = presence.which_exist(
        {
            "stores": stores.visible_to(person),
            "staff": staff.visible_to(person).exclude(pk=person.pk),
            "programme": programs.visible_to(person),
            "products": products.for_list(),
            "codes": codes.visible_to(person),
            "members": members.visible_to(person),
            "till": channels.visible_to(person).filter(keys__revoked_at=None, keys__isnull=False),
            "orders": orders.visible_to(person),
        }
    )
    rows = [
        Step(_("Load your stores"), _("Everything hangs on them."), address("store-list"), "stores" in has),
        Step(_("Invite your people"), _("Managers and associates, by file."), address("staff-list"), "staff" in has),
        Step(_("Set points and tiers"), _("What a yuan earns."), address("program-list"), "programme" in has),
        Step(_("Load your products"), _("So that receipts can be read."), address("product-list"), "products" in has),
        Step(_("Print store codes"), _("A poster for each till."), address("code-list"), "codes" in has),
        Step(_("Bring your members"), _("From the files you have."), address("import-list"), "members" in has),
        Step(_("Connect the tills"), _("A key for each system."), address("channel-list"), "till" in has),
        Step(_("See the first order"), _("It earns points at once."), address("order-list"), "orders" in has),
    ]
    return () if all(row.is_done for row in rows) else rows
