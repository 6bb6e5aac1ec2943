from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.rest.parsing import read_json
from customers.segments.compiling import Understood
from customers.segments.definitions import DefinitionRefused, Group, definition_of

LONGEST_DEFINITION = 50_000


class ListForm(forms.Form):
    """A segment that is kept by hand."""

    name = forms.CharField(label=gettext_lazy("Name"), error_messages={"required": gettext_lazy("Give it a name.")})


class SegmentForm(ListForm):
    """The builder writes the rule; without scripts it is written by hand, in the form that the API documents."""

    definition = forms.CharField(
        label=gettext_lazy("Rule"),
        max_length=LONGEST_DEFINITION,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "font-monospace"}),
    )

    def clean_definition(self) -> Group:
        return read_definition(self.cleaned_data["definition"])


def read_definition(written: str) -> Group:
    """Raises ValidationError that names the place."""
    try:
        definition = definition_of(read_json(written.encode()))
        Understood(definition)
    except ValueError as error:
        if isinstance(error, DefinitionRefused):
            raise forms.ValidationError(
                _("%(path)s: %(what)s") % {"path": error.path or "rules", "what": error}, code="refused"
            ) from None
        raise forms.ValidationError(_("This is no JSON: %(what)s") % {"what": error}, code="json") from None
    return definition


def fields_asked(written: str) -> set[str]:
    """The keys that a rule names, also one that can't be asked; none of what is no rule."""
    try:
        return {condition.field for condition in definition_of(read_json(written.encode())).conditions()}
    except ValueError:
        return set()


def written(definition: dict[str, Any]) -> str:
    return json.dumps(definition, indent=2, ensure_ascii=False)
