"""``kill -9`` of a worker every second during a send: nobody missed, nobody accepted twice. And the twins that fail.

``SENDING_KILLS=20000`` sends twenty thousand; the suite a fifth of it.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from datetime import time as clock_time
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.models import Batch, Campaign, Delivery
from members.models import Consent, Identity, Member
from tests.campaigns import makers
from tests.campaigns.makers import make_campaign, make_sender, tally
from tests.factories import NOON

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.loopback]
COUNT = int(os.environ.get("SENDING_KILLS", "4000"))
WORKERS = 2
GROUP = 100  # messages that a worker of sender_process claims at once


@pytest.fixture(autouse=True)
def _inside(settings):
    settings.SENDERS_MAY_STAY_INSIDE = True


def make_people(count):
    members = Member.objects.bulk_create(
        Member(number=f"K{n:08d}", name="王小明", joined_at=NOON, created_at=NOON, updated_at=NOON)
        for n in range(count)
    )
    Identity.objects.bulk_create(
        Identity(kind=1, value=f"169{n:08d}", member=member, is_verified=True, added_at=NOON)
        for n, member in enumerate(members)
    )
    Consent.objects.bulk_create(
        Consent(member=member, purpose="marketing", is_given=True, at=NOON, method="test") for member in members
    )
    return members


def environment():
    given = connection.settings_dict
    host, port = quote(str(given["HOST"]), safe=""), given["PORT"] or 5432
    url = f"postgresql://{given['USER']}:{quote(given['PASSWORD'] or '')}@/{given['NAME']}?host={host}&port={port}"
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}


@contextmanager
def gateway():
    """A provider in a process of its own; gives its address."""
    command = [sys.executable, "-m", "tests.campaigns.provider"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def ask(address):
    with urllib.request.urlopen(f"{address}/stats", timeout=5) as answer:
        return json.load(answer)


def start(kind):
    command = [sys.executable, "-m", "tests.races.sender_process", kind]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def is_done():
    return (
        Campaign.objects.filter(fanned_out_at__isnull=False).exists()
        and not Batch.objects.exclude(status=Batch.Status.DONE).exists()
    )


def send_and_kill(kind, *, kills, most=240):
    """Workers send to everybody while one of them is killed every second that it works; how many were killed."""
    dice = random.Random(7)
    workers, killed, begun = [start(kind) for _ in range(WORKERS)], 0, time.monotonic()
    seen, last_kill = 0, time.monotonic()
    try:
        while not is_done():
            assert time.monotonic() - begun < most, tally(Campaign.objects.get())
            time.sleep(0.1)
            sent = Delivery.objects.filter(status=Delivery.Status.SENT).count()
            if killed < kills and sent > seen and time.monotonic() - last_kill >= 1:
                victim = dice.randrange(WORKERS)
                workers[victim].send_signal(signal.SIGKILL)
                workers[victim].wait()
                workers[victim] = start(kind)
                killed, seen, last_kill = killed + 1, sent, time.monotonic()
            for number, worker in enumerate(workers):
                if worker.poll() is not None and not is_done():
                    workers[number] = start(kind)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return killed


def send_and_kill_mid_group(kind, address, *, most=120):
    """Workers send to everybody; once, all are killed while calls are made and not noted, or the reverse."""
    workers, begun = [start(kind) for _ in range(WORKERS)], time.monotonic()
    is_killed = False
    try:
        while not is_done():
            assert time.monotonic() - begun < most, tally(Campaign.objects.get())
            time.sleep(0.03)
            sent = Delivery.objects.filter(status=Delivery.Status.SENT).count()
            is_between = not is_killed and abs(ask(address)["calls"] - sent) >= GROUP // 5
            for number, worker in enumerate(workers):
                if is_between:
                    worker.kill()
                    worker.wait()
                if worker.poll() is not None and not is_done():
                    workers[number] = start(kind)
            is_killed = is_killed or is_between
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def make_send(address, count, **given):
    sender = make_sender(
        kind="webhook", settings={"url": f"{address}/send", "width": 32}, secret=makers.SECRET, rate=500, **given
    )
    now = timezone.now()
    return make_campaign(
        make_people(count), sender=sender, starts_at=now, quiet_from=clock_time(0), quiet_until=clock_time(0)
    )


def test_killing_a_worker_every_second_misses_nobody_and_nobody_is_accepted_twice():
    with gateway() as address:
        campaign = make_send(address, COUNT, is_idempotent=True)
        killed = send_and_kill("guarded", kills=10_000, most=max(240, COUNT / 10))
        told = ask(address)
    assert killed >= 2
    assert tally(campaign) == {("SENT", ""): COUNT}
    assert told["unique"] == COUNT  # the other side counts a key once: nobody missed, nobody twice
    assert makers.counts_agree()
    print(f"{killed} kills, {told['calls']} calls, {told['unique']} keys")


def test_twin_with_a_new_key_for_every_try_is_accepted_twice():
    with gateway() as address:
        make_send(address, 1_500, is_idempotent=True)
        send_and_kill_mid_group("keyless", address)
        told = ask(address)
    assert told["unique"] > 1_500


def test_twin_that_notes_what_it_reads_instead_of_what_it_sent_misses_somebody():
    with gateway() as address:
        campaign = make_send(address, 1_500, is_idempotent=True)
        send_and_kill_mid_group("cursor", address)
        told = ask(address)
    assert tally(campaign)[("SENT", "")] == 1_500  # it says so
    assert told["unique"] < 1_500


def test_a_gateway_without_keys_never_gets_an_offer_twice_and_what_is_unknown_says_so():
    with gateway() as address:
        campaign = make_send(address, 1_500)
        send_and_kill_mid_group("guarded", address)
        told = ask(address)
    found = tally(campaign)
    assert told["calls"] == told["unique"]  # no key came twice
    assert sum(found.values()) == 1_500
    assert set(found) <= {("SENT", ""), ("UNKNOWN", "interrupted")}
    assert found[("SENT", "")] <= told["unique"] <= 1_500
    assert makers.counts_agree()
