"""The second factor (a code from an authenticator app): one use of each code, and the demo's known ones."""

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.db.models import Q

from ..models import Staff
from ..queries import demo

TOTP = Authenticator.Type.TOTP


class NotTheDemo(Exception):
    """Known second factors belong to the demo chain, with the DEMO switch on. Nowhere else."""


def is_enrolled(person: Staff) -> bool:
    """Whether signing in asks for a code."""
    return Authenticator.objects.filter(user=person, type=TOTP).exists()


def spend(factor: Authenticator, step: int) -> bool:
    """Use up a time step (half minutes since 1970) of an authenticator; False when it or a later one was used.

    Compare-and-set in the database: two servers that race accept a code once.
    """
    earlier = Q(data__last_step__isnull=True) | Q(data__last_step__lt=step)
    unused = Authenticator.objects.filter(earlier, pk=factor.pk)
    factor.data["last_step"] = step
    return bool(unused.update(data=factor.data))


def drop(people: Iterable[int]) -> None:
    """Remove every factor of these people (ids). Inner; the caller ends their sessions."""
    Authenticator.objects.filter(user_id__in=list(people)).delete()


def enrol_demo(people: Iterable[Staff]) -> int:
    """Give demo accounts their publicly known second factor. Inner. Raises NotTheDemo on any other chain."""
    if not demo.is_demo():
        raise NotTheDemo
    made = [
        Authenticator(user=person, type=TOTP, data={"secret": encrypt(demo.known_secret(person.username))})
        for person in people
    ]
    return len(Authenticator.objects.bulk_create(made, ignore_conflicts=True))
