from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.rest.parsing import read_json
from messaging.actions import Wording
from messaging.models import Template, TemplateVersion
from messaging.rendering import BadTemplate, Block
from messaging.rendering.layout import LONGEST_SUBJECT, has_markup
from messaging.starters import Starter

LONGEST_BLOCKS = 400_000  # characters of JSON


class TemplateForm(forms.Form):
    """A template as it is edited. `blocks` is the JSON that the editor writes, and may be written by hand."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("Only your team sees it.")
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=LONGEST_SUBJECT)
    preheader = forms.CharField(
        label=gettext_lazy("Preheader"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("What mail programs show beside the subject, before the message is opened."),
    )
    blocks = forms.CharField(
        label=gettext_lazy("Blocks"), max_length=LONGEST_BLOCKS, widget=forms.Textarea(attrs={"rows": 12})
    )
    own_text = forms.CharField(
        label=gettext_lazy("Your own plain text"),
        max_length=100_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("For mail programs that show no pictures. Left empty, it is made of the blocks."),
    )

    def clean_blocks(self) -> list[Block]:
        try:
            blocks = read_json(self.cleaned_data["blocks"].encode())
        except ValueError:
            raise forms.ValidationError(_("This is no list of blocks any more. Reload the page.")) from None
        if not isinstance(blocks, list):
            raise forms.ValidationError(_("This is no list of blocks any more. Reload the page."))
        return blocks

    @property
    def wording(self) -> Wording:
        words = self.cleaned_data
        return Wording(
            words.get("subject", ""),
            preheader=words.get("preheader", ""),
            own_text=words.get("own_text", ""),
            blocks=words.get("blocks", []),
        )

    def refuse(self, error: BadTemplate) -> None:
        self.add_error(error.field if error.field in self.fields else "blocks", str(error))


def initial_of(template: Template, version: TemplateVersion) -> dict[str, Any]:
    return {
        "name": template.name,
        "subject": version.subject,
        "preheader": version.preheader,
        "blocks": written(blocks_of(version)),
        "own_text": version.own_text,
    }


def initial_of_starter(starter: Starter) -> dict[str, Any]:
    return {
        "name": str(starter.text.name),
        "subject": str(starter.text.subject),
        "preheader": str(starter.text.preheader),
        "blocks": written(starter.text.spoken()),
    }


def blocks_of(version: TemplateVersion) -> list[Block]:
    """Those of the editor; a body that was written by hand is one block."""
    if version.blocks is not None:
        return list(version.blocks)
    if has_markup(version.body):
        return [{"type": "html", "html": version.body}]
    return [{"type": "text", "text": version.body}]


def written(blocks: list[Block]) -> str:
    return json.dumps(blocks, ensure_ascii=False, indent=1)
