"""Show one login per role of the demo chain."""

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from stores.queries import demo


class Command(BaseCommand):
    help = "List one active member of staff per role of the demo chain who still has the demo's password."

    def handle(self, *words: str, **options: object) -> None:
        found = [person for person in demo.logins() if person.check_password(settings.DEMO_PASSWORD)]
        if not found:
            self.stdout.write("logins  | none with the demo's password; make one: manage.py createsuperuser")
            return
        self.stdout.write(f"logins  | password of all: {settings.DEMO_PASSWORD}")
        with translation.override("en"):
            for person in found:
                code = demo.current_code(person)
                second = f"  (one-time code just now: {code}; again with manage.py logins)" if code else ""
                self.stdout.write(f"logins  |   {person.username:<16} {person.get_role_display()}{second}")
