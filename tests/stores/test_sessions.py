"""Sessions that ran out leave the table; live ones stay."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from stores.services import sessions
from tests.factories import NOON


@pytest.mark.django_db
def test_only_sessions_that_ran_out_are_deleted():
    Session.objects.create(session_key="old", session_data="", expire_date=NOON - timedelta(seconds=1))
    Session.objects.create(session_key="live", session_data="", expire_date=NOON + timedelta(days=1))
    assert sessions.clear_expired(now=NOON) == 1
    assert list(Session.objects.values_list("session_key", flat=True)) == ["live"]
