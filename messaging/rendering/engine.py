"""The one renderer: of previews, of test sends and of every message that leaves."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from minijinja import Environment, TemplateError, safe

from messaging.rendering.grammar import LARGEST_OUTPUT, LONGEST_LIST, BadTemplate
from messaging.rendering.layout import Compiled
from messaging.rendering.variables import Context

FUEL = 50_000  # instructions: some 50 times what a long message takes
TEMPLATES_KEPT = 300
# Of a link made of these, escaping for HTML would only turn `/` into `&#x2f;`, which some mail programs stumble over.
PLAIN_LINK = re.compile(r"https?://[\w.~:/?=%#@+,-]*")
# What parts the links that differ from message to message, in the source that lists them and in what comes of it. No
# value can hold it: every process has its own.
LINK, LINK_END = f"\x1e{secrets.token_hex(8)} ", "\x1f"
_LINKS = re.compile(f"{LINK}([0-9.]+) (https?://[^{LINK_END}]*){LINK_END}", re.IGNORECASE)
# What is left of a block that is not shown to this customer.
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
GLOBALS = ("range", "dict", "namespace", "debug", "cycler", "joiner", "lipsum", "randrange")


@dataclass(frozen=True)
class Rendered:
    subject: str
    html: str
    text: str
    # Where the links lead that differ from message to message, by number.
    links: Mapping[str, str] = field(default_factory=dict)


class Renderer:
    """Keeps compiled templates by key, so that a batch compiles each once."""

    def __init__(self) -> None:
        self._environment = _environment()
        self._keys: set[str] = set()

    def render(self, compiled: Compiled, context: Context, *, key: str = "") -> Rendered:
        """Raises BadTemplate. With a `key` (a version's id), `compiled` is only looked at the first time."""
        if any(isinstance(value, list) and len(value) > LONGEST_LIST for value in context.values()):
            raise BadTemplate(_("A list has more than %(most)s items.") % {"most": LONGEST_LIST})
        try:
            if not key:
                self._add("preview", compiled)
            elif key not in self._keys:
                self._make_room()
                self._add(key, compiled)
                self._keys.add(key)
            values = {**context, **_with_links(context)}
            subject, html, text, links = (
                self._environment.render_template(f"{key or 'preview'}.{part}", **values) if source else ""
                for part, source in (
                    ("subject", compiled.subject),
                    ("html", compiled.html),
                    ("text", compiled.text),
                    ("links", compiled.links),
                )
            )
        except TemplateError as error:
            raise BadTemplate(_in_words(error)) from None
        if len(html) > LARGEST_OUTPUT or len(text) > LARGEST_OUTPUT:
            raise BadTemplate(_("The message became longer than one megabyte."))
        return Rendered(
            subject=" ".join(subject.split()),
            html=html,
            text=_EMPTY_LINES.sub("\n\n", text),
            links=dict(_LINKS.findall(links)) if links else {},
        )

    def _add(self, name: str, compiled: Compiled) -> None:
        self._environment.add_template(f"{name}.subject", compiled.subject)
        self._environment.add_template(f"{name}.html", compiled.html)
        self._environment.add_template(f"{name}.text", compiled.text)
        if compiled.links:
            self._environment.add_template(f"{name}.links", compiled.links)

    def _make_room(self) -> None:
        if len(self._keys) >= TEMPLATES_KEPT:
            self._environment.clear_templates()
            self._keys.clear()


def _environment() -> Environment:
    """Nothing to call, nothing to include, an end to its patience; HTML escaped in HTML, and only there."""
    environment = Environment(
        debug=False,
        fuel=FUEL,
        undefined_behavior="strict",
        pycompat=False,
        keep_trailing_newline=True,
        auto_escape_callback=lambda name: name.endswith(".html"),
    )
    for name in GLOBALS:
        environment.remove_global(name)
    return environment


def _with_links(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be changed of them: plain links, also in the items of a list, are left as they are."""
    changed: dict[str, Any] = {}
    for name, value in values.items():
        if name.endswith("_url") and isinstance(value, str):
            if PLAIN_LINK.fullmatch(value):
                changed[name] = safe(value)
        elif isinstance(value, list):
            changed[name] = [{**item, **_with_links(item)} if isinstance(item, dict) else item for item in value]
    return changed


def _in_words(error: TemplateError) -> str:
    if error.kind == "UndefinedError":
        return _("The text uses something that this customer does not have.")
    if error.kind == "OutOfFuel":
        return _("The text takes too long to fill in.")
    return _("The text could not be filled in (%(kind)s).") % {"kind": error.kind}
