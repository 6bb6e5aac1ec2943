"""Texts of the product's own, each whole enough to be sent: what templates begin with, and what presets bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from messaging.rendering import Block

Words = str | Promise

HELLO = _("Hello {{ customer.first_name or 'there' }},")
SENDER = "{{ workspace.sender_name }}"


@dataclass(frozen=True)
class ReadyText:
    """`blocks` as in a template, but with words that are translated only when they are read: see `spoken`."""

    name: Words
    subject: Words
    blocks: Sequence[Block]
    preheader: Words = ""

    def spoken(self) -> list[Block]:
        """The blocks in the language of now."""
        return [{name: _spoken(value) for name, value in block.items()} for block in self.blocks]


def paragraphs(*words: Words, **more: Any) -> Block:
    return {"type": "text", "text": format_lazy("\n\n".join("{}" for _each in words), *words), **more}


def where_known(fact: str) -> dict[str, Any]:
    """For a block that is shown only to those of whom there is something to show."""
    return {"when": {"fact": fact, "is": "known"}}


def products_of(which: str, **more: Any) -> Block:
    return {"type": "products", "list": which, "most": 3, "prices": True, **more}


def _spoken(value: Any) -> Any:
    return str(value) if isinstance(value, Promise) else value
