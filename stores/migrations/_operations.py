"""Steps of migrations that Django has no words for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class DropForeignKeyIndexes(Operation):
    """Give many foreign keys ``db_index=False`` at once: ``fields`` by model, in lower case.

    As one AlterField each, every foreign key would be checked anew against its table, and the models of all apps would
    be built anew for every field.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, fields: Mapping[str, Sequence[str]]):
        self.fields = fields

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.fields], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The same fields without their index."""
        for model, names in self.fields.items():
            held = state.models[app_label, model].fields
            for name in names:
                held[name] = held[name].clone()
                held[name].db_index = False
        state._relations = None
        state.reload_models([(app_label, model) for model in self.fields], delay=True)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drop the indexes by the names that Django gave them."""
        for model, names in self.fields.items():
            meta = from_state.apps.get_model(app_label, model)._meta
            for name in names:
                index = schema_editor._create_index_name(meta.db_table, [meta.get_field(name).column])
                schema_editor.execute(f"DROP INDEX IF EXISTS {schema_editor.quote_name(index)}")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Make them again."""
        for model, names in self.fields.items():
            found = to_state.apps.get_model(app_label, model)
            for name in names:
                schema_editor.execute(schema_editor._create_index_sql(found, fields=[found._meta.get_field(name)]))

    def describe(self) -> str:
        return f"Drop the foreign keys' own indexes of {', '.join(self.fields)}"
