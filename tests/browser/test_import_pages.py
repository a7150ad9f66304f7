"""Every step of the import wizard in both languages and at three widths: accessible, nothing wider than the screen."""

import pytest
from django.test import Client
from django.utils import timezone

from loyalty.services import importing
from members.models import ImportRun
from tests.factories import make_brand, make_staff
from tests.imports.files import HEADERS, row, xlsx

from .axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def runs(settings, tmp_path):
    """One run at each step: uploaded, planned, applying, done, failed, cancelled."""
    settings.MEDIA_ROOT = tmp_path / "media"
    brand, now = make_brand(code="qh"), timezone.now()
    lines = [HEADERS, *[row(card=f"C{n}", phone=f"1690000{n:04d}", name="王小明", points=n - 1) for n in range(30)]]
    path = xlsx(tmp_path / "legacy.xlsx", lines, before=[["会员名单"]])
    made = {}
    for status in ("uploaded", "planned", "applying", "done", "failed", "cancelled"):
        run = importing.start(path, kind="members", by=None, now=now, brand=brand, source=status)
        if status not in {"uploaded", "cancelled"}:
            run = importing.plan(run, now=now)
        if status == "done":
            run = importing.apply(run, now=now)
        if status == "cancelled":
            run = importing.cancel(run, by=None, now=now)
        if status in {"applying", "failed"}:
            ImportRun.objects.filter(pk=run.pk).update(status=status, progress=9, step_started_at=now)
        made[status] = run
    ImportRun.objects.filter(pk=made["failed"].pk).update(failure="child_memory", failure_detail={"limit": 1024})
    return made


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_step_is_accessible_and_fits_every_width(browser, live_server, runs, language):
    client = Client()
    client.force_login(make_staff(role="marketer", scope="chain"))
    places = ["/imports/", "/imports/new/", *(f"/imports/{run.pk}/" for run in runs.values())]
    cookies = {"session": client.cookies["session"].value, "django_language": language}
    troubles = []
    for width in (390, 768, 1440):
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
        page = context.new_page()
        for place in places:
            page.goto(live_server.url + place)
            troubles += [f"{width} {each}" for each in violations(page)]
            beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            troubles += [f"{width} {place} is {beyond} px too wide"] if beyond > 0 else []
        context.close()
    assert not troubles, "\n".join(troubles)
