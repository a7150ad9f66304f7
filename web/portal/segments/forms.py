"""What is typed about an audience, a locked one, and a tag."""

from django import forms
from django.utils.translation import gettext_lazy as _

from members.models import Tag
from web.ui.forms import Form


class SegmentForm(Form):
    """The names; the rule is read by ``builder``."""

    name = forms.CharField(label=_("Name"), max_length=80)
    description = forms.CharField(label=_("What it is for"), max_length=300, required=False)


class SureForm(Form):
    """Nothing to type: only yes."""


class LockForm(Form):
    """What a locked audience is called."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Colleagues find the locked audience under this name.")
    )


class TagForm(Form):
    """One word of the dictionary."""

    name = forms.CharField(label=_("Name"), max_length=40)
    name_en = forms.CharField(label=_("English name"), max_length=40, required=False)
    group = forms.CharField(
        label=_("Group"), max_length=40, required=False, help_text=_("Tags of one group stand together.")
    )
    description = forms.CharField(
        label=_("What it means"), max_length=200, required=False, help_text=_("When does a member get this tag?")
    )


class TagAudienceForm(Form):
    """Which tag a whole audience gets."""

    tag = forms.ModelChoiceField(label=_("Tag"), queryset=Tag.objects.none(), empty_label=_("Choose…"))

    def __init__(self, *args, tags, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tag"].queryset = tags
