"""The action log page."""

import ast
import itertools
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone, translation

from campaigns.services import campaigns, templates
from loyalty.services import coupon_templates
from members.services import editing
from stores.services import log, staff, stores
from tests.factories import NOON, make_staff, make_store
from web.portal.log import fields, words


@pytest.fixture
def head(client):
    person = make_staff(language="en")
    client.force_login(person)
    return person


def shown(client, query=""):
    return [row.action for row in client.get(f"/log/?{query}").context["page"].rows]


def test_before_and_after_stand_side_by_side_and_unchanged_fields_are_left_out(client, head):
    person = make_staff(make_store(), name="旧名", phone="16900001234")
    staff.edit(person, by=head, now=NOON, name="新名", phone="16900001234")

    page = client.get("/log/").content.decode()

    assert '<del translate="no">旧名</del>' in page
    assert '<ins translate="no">新名</ins>' in page
    assert "169" not in page


def test_the_log_is_filtered_by_who_what_and_when(client, head):
    other = make_staff(name="别人")
    store = make_store()
    log.record("store.edited", store, by=head, now=NOON, store_id=store.pk)
    log.record("staff.edited", other, by=other, now=NOON - timedelta(days=3))

    assert shown(client) == ["store.edited", "staff.edited"]
    assert shown(client, "kind=store") == ["store.edited"]
    assert shown(client, "q=别人") == ["staff.edited"]
    assert shown(client, f"q={store.name}") == ["store.edited"]
    assert shown(client, "since=2026-03-04") == ["store.edited"]
    assert shown(client, "until=2026-03-03") == ["staff.edited"]
    assert shown(client, "since=2026-03-02&until=2026-03-04") == ["store.edited"]


def test_days_are_the_readers_own_days(client, head):
    store = make_store()
    log.record("store.edited", store, by=head, now=NOON.replace(hour=17))  # 01:00 on the 5th in Shanghai

    assert shown(client, "since=2026-03-05") == ["store.edited"]
    head.time_zone = "Europe/London"
    head.save(update_fields=["time_zone"])
    assert shown(client, "since=2026-03-05") == []


def test_a_brands_administrator_reads_the_log_of_the_own_stores_only(client):
    mine, strange = make_store(), make_store()
    head = make_staff()
    log.record("store.edited", mine, by=head, now=NOON, store_id=mine.pk)
    log.record("store.closed", strange, by=head, now=NOON, store_id=strange.pk)
    log.record("program.edited", strange.brand, by=head, now=NOON)
    client.force_login(make_staff(mine.brand, role="admin"))

    assert shown(client) == ["store.edited"]


@pytest.mark.parametrize("role", ["marketer", "analyst"])
def test_only_administrators_read_the_log(client, role):
    client.force_login(make_staff(role=role))

    assert client.get("/log/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_log_asks_the_same_number_of_questions(client, head, count, django_assert_max_num_queries):
    client.get("/log/")
    store = make_store()
    for _ in range(count):
        log.record("store.edited", store, by=head, now=NOON)

    with django_assert_max_num_queries(6) as asked:
        client.get("/log/")

    assert len(asked) == 6


APPS = ("stores", "members", "loyalty", "segments", "campaigns", "web")
TREES = {
    file: ast.parse(file.read_text())
    for app in APPS
    for file in (Path(__file__).parents[3] / app).rglob("*.py")
    if "migrations" not in file.parts
}


def texts(node, file):
    """Every text that an expression may stand for, as far as the code says."""
    if isinstance(node, ast.Constant):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return texts(node.body, file) | texts(node.orelse, file)
    if isinstance(node, ast.FormattedValue):
        return texts(node.value, file)
    if isinstance(node, ast.JoinedStr):
        return {"".join(parts) for parts in itertools.product(*(texts(part, file) for part in node.values))}
    if isinstance(node, ast.Attribute):  # self.export_name: as the heirs in other files set it
        return set().union(*(assigned(node.attr, other) for other in TREES if other != file))
    assert isinstance(node, ast.Name), f"{file}: {ast.unparse(node)}"
    return assigned(node.id, file) | passed(node.id, file)


def assigned(name, file):
    """What the file sets a name to."""
    sets = [each for each in ast.walk(TREES[file]) if isinstance(each, ast.Assign)]
    return set().union(*(texts(each.value, file) for each in sets if ast.unparse(each.targets[0]) == name))


def passed(name, file):
    """What the file's own calls give to a function whose first parameter has this name."""
    takers = {
        each.name
        for each in ast.walk(TREES[file])
        if isinstance(each, ast.FunctionDef) and each.args.args and each.args.args[0].arg == name
    }
    calls = [each for each in ast.walk(TREES[file]) if isinstance(each, ast.Call) and each.args]
    return set().union(*(texts(each.args[0], file) for each in calls if ast.unparse(each.func) in takers))


def recorded():
    """(file, line, texts) of every line that the code writes into the action log."""
    for file, tree in TREES.items():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("log.record", "log.record_many"):
                yield file.name, call.lineno, texts(call.args[0], file)


def test_every_action_that_the_code_records_has_words():
    found = list(recorded())
    actions = set().union(*(each for _file, _line, each in found))

    assert [(file, line) for file, line, each in found if not each] == []
    assert {"task.done", "coupon.restored", "consent.refused", "message.exported"} <= actions
    assert actions - set(words.ACTIONS) == set()


def test_every_action_that_has_words_is_recorded_somewhere():
    actions = set().union(*(each for _file, _line, each in recorded()))

    assert set(words.ACTIONS) - actions == set()


def written_down():
    """Names of all fields that some line of the log tells, as far as the code spells them."""
    for file, tree in TREES.items():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("log.record", "log.record_many"):
                given = [each.value for each in call.keywords if each.arg in ("before", "after")]
                keys = [
                    key for one in given for each in ast.walk(one) if isinstance(each, ast.Dict) for key in each.keys
                ]
                yield from ((key.value, file.name) for key in keys if isinstance(key, ast.Constant))
    for room in (campaigns, coupon_templates, editing, stores, templates):
        named = room.WORDS if room is coupon_templates else room.FIELDS
        yield from ((name, room.__name__) for name in named)


def test_every_field_that_is_written_down_has_words():
    assert not {(name, where) for name, where in written_down() if name not in fields.FIELDS}


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("status", "scheduled", "待发送"),
        ("starts_at", "2026-10-13T10:00:00+00:00", "2026-10-13 18:00"),
        ("is_active", True, "是"),
        ("text", "None", "–"),
        ("stores", ["A1", "A2"], "A1, A2"),
        ("note", "2026-13-99T99:99:99+00:00", "2026-13-99T99:99:99+00:00"),
        ("rule", {"attr": "order_count", "op": "gte", "value": 2}, "订单"),
        ("rule", {"attr": "of a former release"}, "{'attr': 'of a former release'}"),
    ],
)
def test_values_are_said_in_the_readers_words(name, given, said):
    with translation.override("zh-hans"), timezone.override("Asia/Shanghai"):
        assert said in fields.value(given, name)
