"""The rules of docs/house.md about the code itself. Every failure names the place and the rule."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.urls import URLPattern, get_resolver

from members.models import Member
from members.queries import privacy
from tools import messages

ROOT = Path(__file__).resolve().parents[1]
APPS = ("stores", "members", "loyalty", "segments", "campaigns", "web")
CODE = (*APPS, "config", "tools", "bench", "tests")
BANNED_FILES = {"utils", "helpers", "common", "core", "base", "misc", "manager"}
ALLOWED_FILES = {"templates/base.html", "stores/connectors/base.py"}
PERSONAL = {"email", "birthday", "gender", "openid"}  # a phone alone may be a shop's
VISIBLE = re.compile(r"[A-Za-z]{2,}|[\u4e00-\u9fff]")
PHONE = re.compile(r"(?<![\dA-Za-z._])1[3-9]\d{9}(?![\dA-Za-z])")
DEMO_PHONE = re.compile(r"16900\d{6}")


@cache
def python_files(*folders: str) -> list[Path]:
    found = [p for folder in folders for p in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


@cache
def template_files() -> list[Path]:
    folders = [ROOT / "templates", *(ROOT / app for app in APPS)]
    return [path for folder in folders for path in sorted(folder.rglob("*.html"))]


@cache
def committed_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:  # a tarball without git
        return [*python_files(*CODE), *template_files(), *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.FunctionDef) -> int:
    """Lines from ``def`` to the end, without the docstring."""
    lines = node.end_lineno - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


# --- sizes ---------------------------------------------------------------------------------------------
def test_no_file_is_longer_than_400_lines_and_no_test_file_longer_than_600():
    limits = {path: 600 if path.is_relative_to(ROOT / "tests") else 400 for path in python_files(*CODE)}
    long = {name(path): n for path, most in limits.items() if (n := len(path.read_text().splitlines())) > most}
    assert not long


def test_no_template_is_longer_than_120_lines():
    assert not {name(path): n for path in template_files() if (n := len(path.read_text().splitlines())) > 120}


def test_no_function_is_longer_than_40_lines():
    paths = [path for path in python_files(*CODE) if not path.is_relative_to(ROOT / "tests")]
    assert not {f"{name(p)}:{f.name}": n for p in paths for f in functions(p) if (n := length(f)) > 40}


def test_no_view_is_longer_than_15_lines():
    """Methods that answer a request: the work belongs to services, the reading to queries."""
    doors = python_files("web/portal", "web/counter", "web/h5", "web/api", "web/notices")
    long = {}
    for path in doors:
        for function in functions(path):
            words = [argument.arg for argument in function.args.args[:2]]
            if "request" in words and (n := length(function)) > 15:
                long[f"{name(path)}:{function.name}"] = n
    assert not long


def test_no_task_is_longer_than_5_lines():
    long = {}
    for path in python_files(*APPS):
        if path.name == "tasks.py":
            for task in functions(path):
                if task.decorator_list and (n := length(task)) > 6:  # the def line and five
                    long[f"{name(path)}:{task.name}"] = n
    assert not long


# --- names and imports ---------------------------------------------------------------------------------
def test_no_file_is_a_junk_drawer():
    found = [p for p in [*python_files(*CODE), *template_files()] if p.stem in BANNED_FILES]
    assert not [name(path) for path in found if name(path) not in ALLOWED_FILES]


def test_imports_inside_functions_give_their_reason():
    bare = []
    for path in python_files(*CODE):
        if name(path) == "tools/bootstrap.py":  # standard library only, and it runs on old Pythons
            continue
        lines = path.read_text().splitlines()
        for function in functions(path):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom) and not re.search(
                    r"# noqa: PLC0415 -- \w+", lines[node.lineno - 1]
                ):
                    bare.append(f"{name(path)}:{node.lineno}")
    assert not bare


def test_web_reads_through_queries_and_never_through_objects():
    pattern = re.compile(r"\.(objects|_default_manager|_base_manager)\b(?!\.none\(\))")
    assert not [
        f"{name(path)}:{number}"
        for path in python_files("web")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def test_services_never_read_the_clock():
    clock = re.compile(r"timezone\.now\(|datetime\.now\(|date\.today\(|time\.time\(")
    rooms = [f"{app}/{room}" for app in APPS for room in ("services", "rules", "models")]
    assert not [
        f"{name(path)}:{number}"
        for path in python_files(*rooms)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if clock.search(line)
    ]


# --- models --------------------------------------------------------------------------------------------
def our_models() -> list[type]:
    return [model for model in apps.get_models() if model._meta.app_label in APPS]


def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_model_with_personal_data_sorts_its_fields():
    unsorted = []
    for model in our_models():
        fields = {field.name for field in model._meta.concrete_fields}
        points_at_member = any(
            field.is_relation and field.related_model._meta.label == "members.Member"
            for field in model._meta.concrete_fields
        )
        if not (points_at_member or fields & PERSONAL) and not hasattr(model, "Privacy"):
            continue
        rules = getattr(model, "Privacy", None)
        given = [word for kind in ("keep", "mask", "erase") for word in getattr(rules, kind, [])]
        if sorted(given) != sorted(set(given)) or not fields - {"id", "pk"} <= set(given):
            unsorted.append(f"{model._meta.label}: {sorted(fields - set(given) - {'id'})}")
    assert not unsorted


def test_every_model_that_leads_to_a_member_says_how_and_sorts_its_fields():
    """One step further than the test above: what belongs to an order or a message is about its member, too."""
    led = {Member} | {model for model in our_models() if hasattr(model, "Privacy") and privacy.paths(model)}
    silent = [
        model._meta.label
        for model in our_models()
        if model not in led
        and any(field.is_relation and field.related_model in led for field in model._meta.concrete_fields)
    ]
    assert not silent


# --- pages ---------------------------------------------------------------------------------------------
def every_view(patterns: list) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from every_view(pattern.url_patterns)


def test_every_portal_and_counter_page_names_its_permission():
    bare = []
    for pattern in every_view(get_resolver().url_patterns):
        view = getattr(pattern.callback, "view_class", pattern.callback)
        if view.__module__.startswith(("web.portal", "web.counter")) and not getattr(view, "permission", None):
            bare.append(str(pattern))
    assert not bare


def test_every_api_operation_asks_for_a_key():
    api = pytest.importorskip("web.api").api
    open_doors = []
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                if not operation.auth_callbacks and not api.auth:
                    open_doors.append(f"{operation.methods} {prefix}{path}")
    assert not open_doors


# --- templates -----------------------------------------------------------------------------------------
def texts(source: str) -> Iterator[tuple[int, str]]:
    """Lines of a template that people would read and that no tag translates."""
    blank = lambda found: " " + "\n" * found.group().count("\n")  # noqa: E731
    source = re.sub(r"{% (comment|blocktranslate|verbatim)\b.*?{% end\1 %}", blank, source, flags=re.DOTALL)
    source = re.sub(r"{#.*?#}|<!--.*?-->", blank, source, flags=re.DOTALL)
    source = re.sub(r"<(script|style|svg|code|kbd)\b.*?</\1>", blank, source, flags=re.DOTALL)
    source = re.sub(r"{%.*?%}|{{.*?}}|&\w+;|&#\d+;", blank, source, flags=re.DOTALL)
    source = re.sub(r"<[^>]*>", blank, source, flags=re.DOTALL)
    for number, line in enumerate(source.splitlines(), 1):
        if VISIBLE.search(line):
            yield number, line.strip()


NAMES = {
    "quanyu",
    "english",
    "简体中文",
    "中文",
    "全域",
    "excel",
    "csv",
    "xlsx",
    "json",
    "pdf",
    "svg",
    "png",
    "html",
    "en",
    "qy_",
}


CLASS = re.compile(r"(btn|q)\b")  # the gallery names style classes


def test_every_text_in_a_template_is_translated():
    bare = []
    for path in template_files():
        for number, line in texts(path.read_text()):
            if {word for word in re.findall(r"[\w\u4e00-\u9fff-]+", line.lower()) if not CLASS.match(word)} - NAMES:
                bare.append(f"{name(path)}:{number}: {line[:60]}")
    assert not bare


def test_words_are_translated_by_names_that_the_extractor_knows():
    wrong = []
    for path in python_files(*APPS):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
                called = {one.asname or one.name for one in node.names if "gettext" in one.name}
                wrong += [f"{name(path)}: {word}() is not extracted" for word in called - set(messages.KEYWORDS)]
    assert wrong == []


def test_every_translated_block_is_trimmed():
    tag = re.compile(r"{% blocktrans(?:late)?\b(?![^%]*\btrimmed\b)[^%]*%}")
    assert not [name(path) for path in template_files() if tag.search(path.read_text())]


def test_every_shared_template_opens_with_a_comment():
    shared = [path for path in template_files() if name(path).startswith("templates/ui/")]
    assert not [name(p) for p in shared if not re.match(r"(\{% extends[^%]*%\}\s*)?\{(#|% comment)", p.read_text())]


def test_no_template_holds_a_style_or_a_script_that_the_policy_refuses():
    refused = re.compile(
        r"""\sstyle\s*=\s*["']|\son[a-z]+\s*=\s*["']|<script(?![^>]*\b(src|nonce|type="application/json")\b)"""
    )
    assert not [name(path) for path in template_files() if refused.search(path.read_text())]


# --- what must never be committed ----------------------------------------------------------------------
def readable(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def test_no_file_names_a_package_index_or_a_folder_of_one_machine():
    machine = re.compile(
        "|".join(["/" + "work/", "/" + "home/\\w+/", "/" + "root/", "py" + "pi\\.", "registry\\." + "npm"])
    )
    assert not [
        f"{name(path)}:{number}"
        for path in committed_files()
        for number, line in enumerate(readable(path).splitlines(), 1)
        if machine.search(line)
    ]


def test_every_phone_number_in_the_repository_is_from_the_demo_range():
    found = []
    for path in committed_files():
        if path.suffix in {".lock", ".svg", ".po"} or path.name == "package-lock.json":
            continue
        for number, line in enumerate(readable(path).splitlines(), 1):
            found += [f"{name(path)}:{number}: {p}" for p in PHONE.findall(line) if not DEMO_PHONE.fullmatch(p)]
    assert not found
