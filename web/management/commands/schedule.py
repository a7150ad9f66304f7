"""Write the clock's table from one list. Run at each start; safe to run twice."""

from django.core.management.base import BaseCommand
from django_celery_beat.models import IntervalSchedule, PeriodicTask

# name, task, seconds between two rings. The clock only rings: rows say what is due.
SCHEDULE = [
    ("imports", "loyalty.tasks.run_imports", 5),
    ("posters", "stores.tasks.make_posters", 5),
    ("old poster archives", "stores.tasks.sweep_posters", 3_600),
    ("old one-time codes", "members.tasks.purge_one_time_codes", 3_600),
]


class Command(BaseCommand):
    help = "Write the schedule into the clock's table."

    def handle(self, *args, **options):
        for name, task, seconds in SCHEDULE:
            every, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
            PeriodicTask.objects.update_or_create(
                name=name, defaults={
                    "task": task, "interval": every, "crontab": None, "enabled": True,
                    "expire_seconds": max(2 * seconds, 30),  # a busy worker does not wake to a queue of old rings
                },
            )
        gone = PeriodicTask.objects.exclude(name__in=[row[0] for row in SCHEDULE]).exclude(task__startswith="celery.")
        gone.delete()
        self.stdout.write(f"{len(SCHEDULE)} jobs scheduled")
