"""Write the clock's table from one list. Run at each start; safe to run twice."""

from django.core.management.base import BaseCommand

from stores.services import schedule
from stores.services.schedule import Job

JOBS = [
    Job("imports", "loyalty.tasks.run_imports", 5),
    Job("changed ladders", "loyalty.tasks.reevaluate_programs", 10),
    Job("possible pairs", "loyalty.tasks.look_for_pairs", 86_400),
    Job("days of stores", "members.tasks.fold_days", 60),
    Job("days of books", "loyalty.tasks.fold_days", 60),
    Job("buyers counted ahead", "members.tasks.keep_buyers", 600),
    Job("causes of campaigns", "campaigns.tasks.read_events", 2),
    Job("campaigns that are due", "campaigns.tasks.start_due", 5),
    Job("messages", "campaigns.tasks.send_messages", 2),
    Job("old import files", "loyalty.tasks.sweep_imports", 3_600),
    Job("notices of platforms", "campaigns.tasks.read_notices", 2),
    Job("old notices", "stores.tasks.sweep_notices", 3_600),
    Job("posters", "stores.tasks.make_posters", 5),
    Job("old poster archives", "stores.tasks.sweep_posters", 3_600),
    Job("old one-time codes", "members.tasks.purge_one_time_codes", 3_600),
    Job("old answers", "stores.tasks.purge_answers", 3_600),
    Job("old nonces of keys", "stores.tasks.purge_keys", 600),
    Job("seals of the log", "stores.tasks.seal_log", 5),
    Job("anchors of the log", "stores.tasks.anchor_log", 21_600),
    Job("sessions that ran out", "stores.tasks.clear_sessions", 3_600),
]


class Command(BaseCommand):
    help = "Write the schedule into the clock's table."

    def handle(self, *args, **options):
        self.stdout.write(f"{schedule.write(JOBS)} jobs scheduled")
