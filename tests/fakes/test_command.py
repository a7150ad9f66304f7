"""``make fakes``: every platform talks to the running system."""

import pytest
from django.utils import timezone

from campaigns.services import hearing
from stores.models import Channel, Notice, NoticeRefusal
from tests.fakes.__main__ import main


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_one_command_lets_every_platform_talk_to_a_running_system(live_server, settings, capsys):
    settings.SENDERS_MAY_STAY_INSIDE = True
    seen = main(["--site", live_server.url, "--rounds", "3", "--pause", "0"])
    told = capsys.readouterr().out
    assert set(seen) <= {"200", "202", "204", "401"}, told
    assert "401" in seen
    assert "FAILED" not in told
    assert Channel.objects.filter(code__startswith="fake-").count() == 12
    kinds = set(Notice.objects.values_list("channel__platform", flat=True))
    assert len(kinds) >= 9
    assert Notice.objects.filter(repeats__gt=0).exists()
    assert NoticeRefusal.objects.filter(word="signature").exists()

    assert hearing.read_notices(now=timezone.now()) == Notice.objects.count()
