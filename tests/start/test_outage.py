"""The database is killed and stays away for a full minute, while tills post, people read and a file comes in."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from config.embedded import EmbeddedPostgres
from tools.start.up import free_port

from .houses import ROOT, Started, clean_environment

AWAY = 60  # seconds
ROWS = 12_000  # two chunks
SEED = f"""
import django, json, sys; django.setup()
from pathlib import Path
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
call_command("migrate", verbosity=0)
from loyalty.services import importing, programs
from stores.services import keys
from tests.factories import make_channel, make_member, make_staff, make_store
now = timezone.now()
store = make_store(code="S1")
programs.ensure(store.brand, now=now)
make_member(phone="16900999999")
till = keys.issue(make_channel(brand=store.brand), name="till", stores=[], by=None, now=now)[1]
path = Path(sys.argv[1]) / "legacy.csv"
path.write_text("会员卡号,手机号,积分余额\\n" + "".join(f"C{{n}},169{{n:08d}},{{n % 90}}\\n" for n in range({ROWS})))
run = importing.plan(importing.start(path, kind="members", by=None, now=now, brand=store.brand), now=now)
importing.confirm(run, by=None, now=now)
cookies = []
for person in (make_staff(), make_staff(store)):
    client = Client()
    client.force_login(person)
    cookies.append(client.cookies["session"].value)
print(json.dumps({{"till": till, "desk": cookies[0], "phone": cookies[1]}}))
"""
TELL = """
import django, json; django.setup()
from loyalty.models import Account
from loyalty.queries import reconcile
from members.models import Identity, ImportRun, Member, Order
run = ImportRun.objects.get()
buyer = Identity.objects.get(value="16900999999").member
print(json.dumps({
    "import": [run.status, run.failure, run.rows, run.new + run.updated, run.bad],
    "members": Member.objects.count(),
    "imported_points": sum(Account.objects.filter(book__asset="points").exclude(member=buyer)
                           .values_list("balance", flat=True)),
    "orders": Order.objects.count(),
    "points": Account.objects.get(member=buyer, book__asset="points").balance,
    "drifts": len(reconcile.drifts()),
}))
"""
WORDS = {"en": "Back in a moment", "zh-hans": "数据库"}


def script(text, folder, **env):
    """Run some lines against the database and give what they print last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False,
        env=clean_environment(DJANGO_SETTINGS_MODULE="config.settings", PYTHONPATH=str(ROOT), **env),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def ask(address, *, cookie="", language="en", token="", body=None):
    """(status, text, headers) of one request; 0 when nobody answered."""
    request = urllib.request.Request(address, data=json.dumps(body).encode() if body else None)
    request.add_header("Accept-Language", language)
    request.add_header("Cookie", f"session={cookie}; django_language={language}")
    if body:
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


class Till(threading.Thread):
    """Posts one order after another; sends the same again for as long as it is answered 503."""

    def __init__(self, name, address, token):
        super().__init__(daemon=True)
        self.mark, self.address, self.token = name, address, token
        self.sent, self.answers, self.stop = 0, [], threading.Event()

    def run(self):
        while not self.stop.is_set():
            status, number = 503, f"{self.mark}-{self.sent}"
            paid = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            body = {"number": number, "store": "S1", "amount": "100", "paid_at": paid,
                    "member": {"phone": "16900999999"}, "lines": [{"sku": "A", "amount": "100"}]}  # fmt: skip
            while status == 503:
                status = ask(f"{self.address}api/v1/orders", token=self.token, body=body)[0]
                self.answers.append(status)
                time.sleep(0.3)
            self.sent += 1


@pytest.fixture
def cluster(room):
    made = EmbeddedPostgres(room / "pg")
    made.start()
    made.ensure_database("quanyu")
    yield made
    made.stop()


def wait_for(cluster, question, seconds=90):
    """Ask until the first column is true."""
    until = time.monotonic() + seconds
    with psycopg.connect(cluster.url("quanyu"), autocommit=True) as line:
        while not line.execute(question).fetchone()[0]:
            assert time.monotonic() < until, question
            time.sleep(0.02)


def watch_pages(address, given):
    """Every door in both languages, for as long as the database is away: what each answered."""
    seen, until = [], time.monotonic() + AWAY
    body = {"number": "X", "store": "S1", "amount": "1", "paid_at": "2026-01-01T00:00:00Z"}
    while time.monotonic() < until:
        for language, words in WORDS.items():
            asked = [
                ask(address, cookie=given["desk"], language=language),
                ask(f"{address}members/", cookie=given["desk"], language=language),
                ask(f"{address}s/", cookie=given["phone"], language=language),
                ask(f"{address}m/", cookie=given["phone"], language=language),
            ]
            seen += [(status, words in text, headers["Retry-After"]) for status, text, headers in asked]
            status, text, headers = ask(f"{address}api/v1/orders", language=language, token=given["till"], body=body)
            seen.append((status, json.loads(text)["code"] == "unavailable", headers["Retry-After"]))
        time.sleep(1)
    return seen


@pytest.mark.slow
def test_a_minute_without_the_database_is_answered_clearly_and_loses_nothing(room, cluster):
    var = {"QUANYU_VAR": str(room), "QUANYU_CHAIN": "empty", "DATABASE_URL": cluster.url("quanyu")}
    given = script(SEED, room, **var)
    up = Started(room, free_port("127.0.0.1", 24_450), env=clean_environment(**var))
    try:
        address = up.ready()
        tills = [Till(name, address, given["till"]) for name in "AB"]
        for till in tills:
            till.start()
        wait_for(cluster, "SELECT count(*) >= 1 FROM members_importchunk")
        os.kill(cluster.process.pid, signal.SIGKILL)
        cluster.process.wait(10)

        seen = watch_pages(address, given)

        assert len(seen) > 50
        assert set(seen) == {(503, True, "10")}
        cluster.start()
        wait_for(cluster, "SELECT status = 'applying' FROM members_importrun", seconds=1)
        wait_for(cluster, "SELECT status = 'done' OR status = 'failed' FROM members_importrun")
        for till in tills:
            till.stop.set()
        for till in tills:
            till.join(30)
        assert ask(address, cookie=given["desk"])[0] == 200
    finally:
        os.kill(up.process.pid, signal.SIGINT)
        up.process.wait(60)

    sent = sum(till.sent for till in tills)
    assert {answer for till in tills for answer in till.answers} <= {200, 201, 503}
    assert sum(till.answers.count(503) for till in tills) > 20
    assert script(TELL, room, **var) == {
        "import": ["done", "", ROWS, ROWS, 0], "members": ROWS + 1,
        "imported_points": sum(n % 90 for n in range(ROWS)),
        "orders": sent, "points": 100 * sent, "drifts": 0,
    }, up.said()[-3000:]  # fmt: skip
