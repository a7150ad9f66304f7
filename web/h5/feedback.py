"""How was it? A number from 1 to 5 and words if one likes. No sign-in: the link knows whose message it was in."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from campaigns.services import feedback
from campaigns.services.feedback import FeedbackProblem, NoSuchLink


class FeedbackForm(forms.Form):
    """The answer."""

    score = forms.TypedChoiceField(
        label=_("From 1 (bad) to 5 (very good)"), coerce=int, choices=[(n, n) for n in feedback.SCORES],
        widget=forms.RadioSelect, error_messages={"required": _("Choose a number from 1 to 5.")},
    )  # fmt: skip
    words = forms.CharField(
        label=_("What should we know? (optional)"), max_length=feedback.LONGEST, required=False,
        widget=forms.Textarea({"rows": 3, "class": "weui-textarea"}),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The question; posted, the answer. Looks ahead by mail programs change nothing."""
    try:
        words: dict[str, Any] = {"brand": feedback.brand_of(token), "is_done": False}
        held = feedback.given(token)
        initial = {"score": held.score, "words": held.words} if held else {}
        words["form"] = form = FeedbackForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            words["is_done"] = _taken(token, form)
    except NoSuchLink as reason:
        return render(request, "h5/link_unknown.html", {"reason": str(reason)}, status=404)
    return render(request, "h5/feedback.html", words, status=422 if form.errors else 200)


def _taken(token: str, form: FeedbackForm) -> bool:
    try:
        feedback.answer(token, form.cleaned_data["score"], form.cleaned_data["words"], now=timezone.now())
    except FeedbackProblem as problem:
        form.add_error(None, str(problem))
        return False
    return True
