"""Products: the list. They come by file, through the import wizard."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.filters import ProductFilter
from members.queries import products
from stores.access import Permission, may
from web.ui.menu import address
from web.ui.pages import Action, Empty, ListPage
from web.ui.tables import Column, Table


class ProductTable(Table):
    """The catalogue."""

    columns = [
        Column("sku", gettext_lazy("SKU"), kind="code", sort="sku"),
        Column("name", gettext_lazy("Name")),
        Column("department", gettext_lazy("Department"), sort="department"),
        Column("category", gettext_lazy("Category")),
        Column("maker", gettext_lazy("Maker"), hidden=True),
        Column("size", gettext_lazy("Pack size")),
        Column("updated", gettext_lazy("Changed"), value="updated_at", kind="date"),
    ]
    order = "sku"


class ProductList(ListPage):
    """What is sold."""

    permission = Permission.PRODUCT_VIEW
    filter_class = ProductFilter
    table_class = ProductTable
    title = gettext_lazy("Products")
    export_permission = Permission.PRODUCT_VIEW
    export_name = "product"

    def upload_url(self) -> str:
        """The import wizard, with products chosen."""
        url = address("import-new")
        return f"{url}?kind=products" if url and may(self.request.user, Permission.PRODUCT_IMPORT) else ""

    @property
    def empty(self) -> Empty:
        text = _("Load your product file, so that receipts and reports can be read.")
        return Empty(_("No products yet"), text, "box", _("Upload products"), self.upload_url())

    def rows(self):
        return products.for_list()

    def actions(self):
        url = self.upload_url()
        return [Action(_("Upload products"), url, "upload", Permission.PRODUCT_IMPORT)] if url else []
