"""A message put together in the editor: a list of blocks, kept as JSON on its version, and the HTML that they make.

Each block is a dict with its `type`, its fields (see FIELDS), and perhaps `when`, which says to whom it is shown:
`{"fact": "customer.city", "is": "equals", "value": "London"}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.rendering.grammar import LONGEST_SOURCE, BadTemplate, refuse_too_long
from messaging.rendering.markup import line_to_html, markup_to_html

Block = dict[str, Any]

MOST_BLOCKS = 60
MOST_PRODUCTS = 12
MOST_PICKED = 9  # blocks with products picked by hand
LARGEST_ID = 2**63
LONGEST_LINE = 500
ALIGNMENTS = ("left", "center")
# Which list of products a block shows: the variable that holds it.
PRODUCT_LISTS: dict[str, str] = {
    "cart": "cart_products",
    "viewed": "viewed_products",
    "best": "best_products",
    "picked": "picked",
}
# What may decide whether a block is shown: values, lists, and tags.
CONDITION_FACTS: dict[str, str | Promise] = {
    "customer.first_name": gettext_lazy("First name"),
    "customer.city": gettext_lazy("City"),
    "customer.birthday": gettext_lazy("Birthday"),
    "customer.tags": gettext_lazy("Tags"),
    "cart_products": gettext_lazy("Cart"),
    "cart_url": gettext_lazy("Link to the cart"),
    "viewed_products": gettext_lazy("Products viewed"),
}
COMPARISONS: dict[str, str | Promise] = {
    "known": gettext_lazy("is there"),
    "missing": gettext_lazy("is missing"),
    "equals": gettext_lazy("is"),
    "differs": gettext_lazy("is not"),
    "has": gettext_lazy("includes"),
    "lacks": gettext_lazy("does not include"),
}
_BEGINS_A_LINK = re.compile(r"(https?|mailto|tel):|\{\{", re.IGNORECASE)
_NETWORKS = ("facebook", "instagram", "tiktok", "youtube", "linkedin", "pinterest", "x", "mastodon", "website")


@dataclass(frozen=True)
class _Text:
    """A field of words. `longest` in characters."""

    longest: int = LONGEST_LINE
    is_needed: bool = False
    is_link: bool = False


@dataclass(frozen=True)
class Choice:
    """A field with one of these values; the first is the usual one."""

    values: tuple[Any, ...]


FIELDS: dict[str, dict[str, _Text | Choice]] = {
    "heading": {"text": _Text(is_needed=True), "level": Choice((1, 2, 3)), "align": Choice(ALIGNMENTS)},
    "text": {"text": _Text(LONGEST_SOURCE, is_needed=True), "align": Choice(ALIGNMENTS)},
    "image": {
        "source": _Text(2_000, is_needed=True, is_link=True),
        "alt": _Text(),
        "link": _Text(2_000, is_link=True),
        "width": Choice((100, 75, 50, 25)),
        "align": Choice(("center", "left")),
    },
    "button": {
        "label": _Text(120, is_needed=True),
        "link": _Text(2_000, is_needed=True, is_link=True),
        "align": Choice(ALIGNMENTS),
    },
    "products": {
        "list": Choice(tuple(PRODUCT_LISTS)),
        "most": Choice((3, *range(1, 3), *range(4, MOST_PRODUCTS + 1))),
        "prices": Choice((True, False)),
    },
    "columns": {"left": _Text(20_000, is_needed=True), "right": _Text(20_000, is_needed=True)},
    "divider": {},
    "social": {"links": _Text(4_000, is_needed=True), "align": Choice(("center", "left"))},
    "html": {"html": _Text(LONGEST_SOURCE, is_needed=True)},
}
NAMES: dict[str, str | Promise] = {
    "heading": gettext_lazy("Heading"),
    "text": gettext_lazy("Text"),
    "image": gettext_lazy("Picture"),
    "button": gettext_lazy("Button"),
    "products": gettext_lazy("Products"),
    "columns": gettext_lazy("Two columns"),
    "divider": gettext_lazy("Line"),
    "social": gettext_lazy("Links to your channels"),
    "html": gettext_lazy("HTML"),
}


def clean_blocks(given: object) -> list[Block]:
    """The blocks with every field in its place and nothing else. Raises BadTemplate for the block that is wrong."""
    if not isinstance(given, list) or not given:
        raise BadTemplate(_("A message needs a block: add a text."), field="blocks")
    if len(given) > MOST_BLOCKS:
        raise BadTemplate(_("A message can have %(most)s blocks.") % {"most": MOST_BLOCKS}, field="blocks")
    blocks = [_cleaned(block, place) for place, block in enumerate(given, start=1)]
    refuse_too_long(sum(_length(block) for block in blocks), field="blocks")
    if sum(block["type"] == "products" and block["list"] == "picked" for block in blocks) > MOST_PICKED:
        raise BadTemplate(_("At most %(most)s blocks can have products of your choice.") % {"most": MOST_PICKED})
    return blocks


def blocks_to_html(blocks: Sequence[Block], *, check: Callable[[str], object] = lambda _source: None) -> str:
    """The body of the message. `check` sees the source of each block by itself; what it raises names the block."""
    parts = []
    picked = 0
    for place, block in enumerate(blocks, start=1):
        picked += block["type"] == "products" and block["list"] == "picked"
        html = _within(block.get("when"), _WRITERS[block["type"]](block | {"picked": picked}))
        try:
            check(html)
        except BadTemplate as error:
            raise _in_block(place, block["type"], str(error)) from None
        parts.append(html)
    return "\n".join(parts)


def picked_products(blocks: Sequence[Block] | None) -> dict[str, list[int]]:
    """The ids of the products that were chosen by hand, by the variable that lists them."""
    chosen = [block for block in blocks or () if block["type"] == "products" and block["list"] == "picked"]
    return {f"picked_{number}": block["products"] for number, block in enumerate(chosen, start=1)}


def _cleaned(given: object, place: int) -> Block:
    kind = given.get("type") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(kind, str) or kind not in FIELDS:
        raise BadTemplate(_("Block %(place)s is of no known kind.") % {"place": place}, field="blocks")
    block: Block = {"type": kind}
    for name, field in FIELDS[kind].items():
        block[name] = _field(given.get(name), field, place=place, kind=kind)
    if kind == "products" and block["list"] == "picked":
        block["products"] = _picked(given.get("products"), place)
    if given.get("when"):
        block["when"] = _condition(given["when"], place, kind)
    return block


def _length(block: Block) -> int:
    return sum(len(block[name]) for name, field in FIELDS[block["type"]].items() if isinstance(field, _Text))


def _field(value: object, field: _Text | Choice, *, place: int, kind: str) -> Any:
    if isinstance(field, Choice):
        return value if value in field.values and not isinstance(value, list | dict) else field.values[0]
    words = _storable(value)
    if field.is_needed and not words.strip():
        raise _in_block(place, kind, _("Something is missing here: fill it in, or remove the block."))
    if field.is_link and words.strip() and not _BEGINS_A_LINK.match(words.strip()):
        words = _("A link must begin with https://, mailto: or tel:, and `%(link)s` does not.") % {"link": words[:60]}
        raise _in_block(place, kind, words)
    if len(words) > field.longest:
        raise _in_block(place, kind, _("This is longer than %(most)s characters.") % {"most": field.longest})
    return words


def _storable(value: object) -> str:
    """Words as Postgres can keep them: JSON may hold what is no character."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _picked(value: object, place: int) -> list[int]:
    ids = [each for each in value if isinstance(each, int) and 0 < each < LARGEST_ID] if isinstance(value, list) else []
    if not ids:
        raise _in_block(place, "products", _("Choose at least one product."))
    return list(dict.fromkeys(ids))[:MOST_PRODUCTS]


def _condition(value: object, place: int, kind: str) -> dict[str, str]:
    when = value if isinstance(value, dict) else {}
    fact, comparison, against = (_storable(when.get(name)).strip() for name in ("fact", "is", "value"))
    if fact not in CONDITION_FACTS or comparison not in COMPARISONS:
        raise _in_block(place, kind, _("It is not clear when this is to be shown: choose a condition again."))
    is_list = fact in {"customer.tags", "cart_products", "viewed_products"}
    fits = ("known", "missing", "has", "lacks") if fact == "customer.tags" else ("known", "missing")
    if comparison not in (fits if is_list else ("known", "missing", "equals", "differs")):
        raise _in_block(place, kind, _("This cannot be compared like that: choose a condition again."))
    if comparison not in {"known", "missing"} and not against:
        raise _in_block(place, kind, _("Say what the condition compares with."))
    return {"fact": fact, "is": comparison, "value": against[:LONGEST_LINE]}


def _within(when: dict[str, str] | None, html: str) -> str:
    if not when:
        return html
    fact, value = when["fact"], json.dumps(when["value"], ensure_ascii=False)
    test = {
        "known": fact,
        "missing": f"not {fact}",
        "equals": f"{fact} == {value}",
        "differs": f"{fact} != {value}",
        "has": f"{value} in {fact}",
        "lacks": f"{value} not in {fact}",
    }[when["is"]]
    return f"{{% if {test} %}}{html}{{% endif %}}"


def _in_block(place: int, kind: str, words: str) -> BadTemplate:
    return BadTemplate(
        _("Block %(place)s (%(kind)s): %(words)s") % {"place": place, "kind": NAMES[kind], "words": words},
        field="blocks",
    )


def _heading(block: Block) -> str:
    return f'<h{block["level"]} align="{block["align"]}">{line_to_html(block["text"])}</h{block["level"]}>'


def _text(block: Block) -> str:
    html = markup_to_html(block["text"])
    return html if block["align"] == "left" else f'<div align="center">{html}</div>'


def _image(block: Block) -> str:
    source, width = line_to_html(block["source"]), block["width"] * 536 // 100
    image = f'<img src="{source}" alt="{line_to_html(block["alt"])}" width="{width}">'
    if block["link"].strip():
        image = f'<a href="{line_to_html(block["link"])}">{image}</a>'
    return f'<p align="{block["align"]}">{image}</p>'


def _button(block: Block) -> str:
    # A table that is placed on the left lets what follows flow around it, and on the left it is anyway.
    placed = ' align="center"' if block["align"] == "center" else ""
    return (
        f'<table class="button" role="presentation"{placed}><tr><td class="button">'
        f'<a href="{line_to_html(block["link"])}">{line_to_html(block["label"])}</a></td></tr></table>'
    )


def _products(block: Block) -> str:
    name = PRODUCT_LISTS[block["list"]]
    if name == "picked":
        name = f"picked_{block['picked']}"
    count = "{% if product.quantity %}{{ product.quantity }} × {% endif %}" if block["list"] == "cart" else ""  # noqa: RUF001  as on a receipt
    price = '<td class="price" align="right">{{ product.price }}</td>' if block["prices"] else ""
    return (
        f'<table class="products" role="presentation" width="100%">{{% for product in {name} %}}'
        f"{{% if loop.index <= {block['most']} %}}<tr><td>{count}"
        '{% if product.product_url %}<a href="{{ product.product_url }}">{{ product.name }}</a>'
        f"{{% else %}}{{{{ product.name }}}}{{% endif %}}</td>{price}</tr>{{% endif %}}{{% endfor %}}</table>"
    )


def _columns(block: Block) -> str:
    cells = "".join(
        f'<td class="column" width="50%" valign="top">{markup_to_html(block[side])}</td>' for side in ("left", "right")
    )
    return f'<table class="columns" role="presentation" width="100%"><tr>{cells}</tr></table>'


def _social(block: Block) -> str:
    """One to a line, as `Instagram https://instagram.com/bakery`; what goes before the address is what it is called."""
    links = []
    for line in block["links"].splitlines():
        *label, address = line.split() or [""]
        if address:
            links.append(f'<a href="{line_to_html(address)}">{escape(" ".join(label) or _network(address))}</a>')
    return f'<p class="social" align="{block["align"]}">{" &nbsp; ".join(links)}</p>'


def _network(address: str) -> str:
    named = next((name for name in _NETWORKS if f"{name}." in address.lower()), "")
    return named.title() or address.removeprefix("https://").removeprefix("www.").partition("/")[0]


_WRITERS: dict[str, Callable[[Block], str]] = {
    "heading": _heading,
    "text": _text,
    "image": _image,
    "button": _button,
    "products": _products,
    "columns": _columns,
    "divider": lambda _block: "<hr>",
    "social": _social,
    "html": lambda block: str(block["html"]),
}
