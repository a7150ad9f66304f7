"""What a member said yes to."""

from ..models import Consent, Member
from ..models.consent import Purpose


def has_agreed(member: Member) -> bool:
    """Whether the membership terms hold for the member: the latest answer. Members from files and tills gave none."""
    answers = Consent.objects.filter(member=member, purpose=Purpose.MEMBERSHIP).order_by("-at", "-pk")
    return bool(answers.values_list("is_given", flat=True).first())
