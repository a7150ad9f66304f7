"""The clock's table follows the list."""

import pytest
from celery import current_app
from django.core.management import call_command
from django_celery_beat.models import PeriodicTask

from stores.services import schedule
from stores.services.schedule import Job
from web.management.commands.schedule import JOBS

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_table_holds_the_list_however_often_it_is_written():
    call_command("schedule", verbosity=0)
    call_command("schedule", verbosity=0)
    assert set(PeriodicTask.objects.values_list("name", "task")) == {(job.name, job.task) for job in JOBS}


def test_a_job_that_left_the_list_rings_no_more():
    schedule.write([Job("a", "x.y", 5), Job("b", "x.z", 7)])
    schedule.write([Job("b", "x.z", 9)])
    assert [(job.name, job.interval.every) for job in PeriodicTask.objects.all()] == [("b", 9)]


def test_every_task_of_the_list_exists():
    current_app.loader.import_default_modules()
    assert not {job.task for job in JOBS} - set(current_app.tasks)
