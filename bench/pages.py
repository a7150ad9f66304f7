"""How long pages take at the size of the demo chain, as a store manager and as headquarters see them.

``python -m bench.pages [rounds]`` asks each page through the whole stack (middleware, session, scope, templates)
without a network, and prints p50 and p95 in milliseconds, the queries and the size of each page. JSON last.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from bench.grounds import load  # noqa: E402
from loyalty.models import Program  # noqa: E402
from members.models import Member  # noqa: E402
from stores.access import Role  # noqa: E402
from stores.models import Staff, Store  # noqa: E402
from stores.queries import stores  # noqa: E402
from tools.start import steps  # noqa: E402

ROUNDS = 15


def pages(person: Staff) -> list[str]:
    """The pages that this person opens in a day."""
    shop = stores.visible_to(person).first()
    member = Member.objects.filter(home_store=shop).first()
    number = member.number if member else "none"
    if person.works_in_store:
        return ["/s/", "/s/joined", "/s/code", f"/s/members/{number}", "/members/", f"/members/{number}/", "/orders/",
                "/stores/", "/staff/", "/codes/", "/account/"]  # fmt: skip
    program = Program.objects.first()
    return [
        "/", "/members/", "/members/?q=1234王", f"/members/{number}/", "/orders/", "/stores/", "/stores/board/",
        f"/stores/{shop.pk}/" if shop else "/stores/", "/codes/", "/staff/", "/staff/?q=王", "/log/", "/products/",
        f"/programs/{program.pk}/" if program else "/programs/", "/account/",
    ]  # fmt: skip


def measure(client: Client, path: str, rounds: int) -> dict[str, object]:
    """Figures of one page; the first answer warms it up and is not counted."""
    asked: list[str] = []

    def count(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        first = client.get(path, follow=True)
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        client.get(path, follow=True)
        took.append((time.perf_counter() - started) * 1000)
    took.sort()
    return {
        "path": path, "status": first.status_code, "p50_ms": round(statistics.median(took), 1),
        "p95_ms": round(took[max(0, round(len(took) * 0.95) - 1)], 1), "queries": len(asked),
        "kb": round(len(first.content) / 1024, 1),
    }  # fmt: skip


def walk(role: str, rounds: int) -> list[dict[str, object]]:
    """All pages as the first active person of a role."""
    person = Staff.objects.filter(role=role, is_active=True, must_change_password=False).order_by("pk").first()
    if person is None:
        return []
    client = Client(HTTP_HOST="localhost")
    client.force_login(person)
    print(f"\n{person.get_role_display()} ({person.username})")
    found = []
    for path in pages(person):
        line = measure(client, path, rounds)
        found.append(line)
        print(f"  {line['p50_ms']:>8} {line['p95_ms']:>8} ms  {line['queries']:>3} queries {line['kb']:>7} KB  "
              f"{line['status']} {path}")  # fmt: skip
    client.post("/accounts/logout/")
    return found


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    settings.ALLOWED_HOSTS = ["localhost"]
    steps.fetch_assets()  # nobody may have started this state folder yet
    steps.collect_static()
    size = {"stores": Store.objects.count(), "staff": Staff.objects.count(), "members": Member.objects.count()}
    print(", ".join(f"{count:,} {name}" for name, count in size.items()) + f"; {load()}")
    print("       p50      p95")
    lines = {role: walk(role, rounds) for role in (Role.STORE_MANAGER, Role.ADMIN)}
    slow = [line["path"] for found in lines.values() for line in found if float(str(line["p95_ms"])) > 300]
    print(json.dumps({"name": "pages", "figures": {**size, "over_300_ms": slow, "pages": lines}}, ensure_ascii=False))


if __name__ == "__main__":
    main()
