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
from stores.queries import channels, codes, staff, stores
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
    has = {
        "stores": stores.visible_to(person).exists(),
        "staff": staff.visible_to(person).exclude(pk=person.pk).exists(),
        "programme": programs.visible_to(person).exists(),
        "products": products.for_list().exists(),
        "codes": codes.visible_to(person).exists(),
        "members": members.visible_to(person).exists(),
        "till": channels.visible_to(person).filter(keys__revoked_at=None, keys__isnull=False).exists(),
        "orders": orders.visible_to(person).exists(),
    }
    rows = [
        Step(_("Load your stores"), _("Everything hangs on them."), address("store-list"), has["stores"]),
        Step(_("Invite your people"), _("Managers and associates, by file."), address("staff-list"), has["staff"]),
        Step(_("Set points and tiers"), _("What a yuan earns."), address("program-list"), has["programme"]),
        Step(_("Load your products"), _("So that receipts can be read."), address("product-list"), has["products"]),
        Step(_("Print store codes"), _("A poster for each till."), address("code-list"), has["codes"]),
        Step(_("Bring your members"), _("From the files you have."), address("import-list"), has["members"]),
        Step(_("Connect the tills"), _("A key for each system."), address("channel-list"), has["till"]),
        Step(_("See the first order"), _("It earns points at once."), address("order-list"), has["orders"]),
    ]
    return () if all(row.is_done for row in rows) else rows
