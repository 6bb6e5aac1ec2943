"""What people put together in the editor, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest

from messaging.actions import Wording, edit_template, write_template
from messaging.models import TemplateVersion
from messaging.previewing import preview_wording, render_for
from messaging.rendering import BadTemplate, blocks_to_html, clean_blocks
from messaging.rendering.layout import has_markup, ink_on, plain_paragraphs
from messaging.rendering.markup import line_to_html, markup_to_html
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.usefixtures("workspace")

EVERYTHING: list[dict[str, Any]] = [
    {"type": "heading", "text": "Spring & {{ customer.first_name }}", "level": 2, "align": "center"},
    {"type": "text", "text": "Dear **{{ customer.name }}**,\n\n- one\n- two\n\n[Shop](https://shop.example/?a=1&b=2)"},
    {
        "type": "image",
        "source": "https://shop.example/a.png",
        "alt": "A cake",
        "link": "https://shop.example",
        "width": 50,
    },
    {"type": "button", "label": "Order now", "link": "https://shop.example/order"},
    {"type": "products", "list": "best", "most": 3, "prices": True},
    {"type": "columns", "left": "Left", "right": "Right"},
    {"type": "divider"},
    {"type": "social", "links": "Instagram https://instagram.com/bakery\nhttps://bakery.example"},
    {"type": "html", "html": "<p style='color: red'>Raw <script>alert(1)</script></p>"},
]


def written(*blocks: dict[str, Any], **more: Any) -> TemplateVersion:
    return write_template(name="Letter", wording=Wording("Hello", blocks=list(blocks), **more))


@pytest.mark.parametrize(
    ("markup", "html"),
    [
        ("One\ntwo\n\nThree", "<p>One<br>\ntwo</p>\n<p>Three</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("**bold** and *italic*, 2 * 3 * 4", "<p><strong>bold</strong> and <em>italic</em>, 2 * 3 * 4</p>"),
        ("[a & b](https://x.example/?a=1&b=2)", '<p><a href="https://x.example/?a=1&amp;b=2">a &amp; b</a></p>'),
        ("<b>no HTML</b>", "<p>&lt;b&gt;no HTML&lt;/b&gt;</p>"),
        ("{{ customer.name|default('<you>') }} *x*", "<p>{{ customer.name|default('<you>') }} <em>x</em></p>"),
    ],
)
def test_markup(markup: str, html: str) -> None:
    assert markup_to_html(markup) == html


@pytest.mark.parametrize(
    ("markup", "html"),
    [
        ("**so *much* text** and **", "<p><strong>so <em>much</em> text</strong> and **</p>"),
        ("and **a **b**", "<p>and **a <strong>b</strong></p>"),
        ("[see [here](https://x.example)", '<p>[see <a href="https://x.example">here</a></p>'),
        ("{{ name }} & {{ <b>", "<p>{{ name }} &amp; {{ &lt;b&gt;</p>"),
    ],
)
def test_what_nobody_closed_is_words(markup: str, html: str) -> None:
    assert markup_to_html(markup) == html


@pytest.mark.parametrize("begun", ["[", "[a](", "{{", "{%", "**a ", " *a", "<a", "- ", "\n "])
@pytest.mark.parametrize("read", [markup_to_html, line_to_html, has_markup, plain_paragraphs])
def test_what_is_begun_and_never_closed_is_looked_at_once(read: Callable[[str], object], begun: str) -> None:
    def seconds(length: int) -> float:
        text = (begun * length)[:length]
        begin = process_time()
        read(text)
        return process_time() - begin

    short = min(seconds(2_000) for _ in range(5))

    # Sixteen times as much is sixteen times the work, and not 256 times.
    assert seconds(32_000) < 80 * short + 0.02


def test_all_blocks_together_are_as_long_as_one_text_may_be() -> None:
    with pytest.raises(BadTemplate, match="120000 characters") as refused:
        clean_blocks([{"type": "text", "text": "x" * 60_000}] * 2)

    assert refused.value.field == "blocks"


def test_every_block_comes_out_in_html_and_text() -> None:
    rendered = render_for(CustomerFactory(name="Ada <Lovelace>"), written(*EVERYTHING))

    for part in ("Spring &amp; Ada", "<strong", "<li>one</li>", "a.png", "Order now", "Left", "Instagram", "Raw"):
        assert part in rendered.html
    assert "Ada &lt;Lovelace&gt;" in rendered.html
    assert "<script" not in rendered.html
    for part in (
        "Spring & Ada",
        "- one",
        "Order now (https://shop.example/order)",
        "Right",
        "bakery.example",
    ):
        assert part in rendered.text


def test_a_version_keeps_its_blocks_and_the_body_that_they_make() -> None:
    first = written({"type": "text", "text": "Hi", "unknown": 1})

    again = edit_template(
        first.template, name="Letter", wording=Wording("Hello", blocks=[{"type": "text", "text": "Hi"}])
    )

    assert first.blocks == [{"type": "text", "text": "Hi", "align": "left"}]
    assert first.body == "<p>Hi</p>"
    assert again == first


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({"type": "text", "text": "{{ customer.fist_name }}"}, "Did you mean `customer.first_name`"),
        ({"type": "text", "text": "a\n\nb {{ nobody }}"}, r"Block 2 \(Text\): .*There is no variable `nobody`"),
        ({"type": "text", "text": "{% for a in customer.name %}x{% endfor %}"}, "one of the lists"),
        ({"type": "html", "html": "{% if customer.name %}open"}, r"Block 2 \(HTML\)"),
        ({"type": "button", "label": "Go", "link": "shop.example"}, "must begin with https://"),
        ({"type": "button", "label": "Go", "link": "javascript:alert(1)"}, "must begin with https://"),
        ({"type": "text", "text": "  "}, "Something is missing"),
        ({"type": "products", "list": "picked", "products": []}, "at least one product"),
        ({"type": "carousel"}, "no known kind"),
        ("text", "no known kind"),
        ({"type": ["text"]}, "no known kind"),
        ({"type": "text", "text": "\x00"}, "Something is missing"),
        ({"type": "products", "list": "picked", "products": [2**70, -1, "x"]}, "at least one product"),
        ({"type": "divider", "when": {"fact": ["x"], "is": {}}}, "choose a condition"),
        ({"type": "divider", "when": {"fact": "customer.password", "is": "known"}}, "choose a condition"),
        ({"type": "divider", "when": {"fact": "customer.city", "is": "equals", "value": ""}}, "compares with"),
        ({"type": "divider", "when": {"fact": "cart_products", "is": "equals", "value": "x"}}, "cannot be compared"),
    ],
)
def test_a_block_that_cannot_be_sent_is_named(block: object, complaint: str) -> None:
    with pytest.raises(BadTemplate, match=complaint):
        write_template(name="L", wording=Wording("Hello", blocks=[{"type": "divider"}, block]))  # type: ignore[list-item]

    assert not TemplateVersion.objects.exists()


@pytest.mark.parametrize("blocks", [[], None, "text", [{"type": "divider"}] * 61])
def test_no_blocks_and_too_many_are_refused(blocks: object) -> None:
    with pytest.raises(BadTemplate):
        clean_blocks(blocks)


@pytest.mark.parametrize(
    ("when", "is_shown"),
    [
        ({"fact": "customer.first_name", "is": "known"}, True),
        ({"fact": "customer.city", "is": "known"}, False),
        ({"fact": "customer.city", "is": "missing"}, True),
        ({"fact": "customer.first_name", "is": "equals", "value": "Ada"}, True),
        ({"fact": "customer.first_name", "is": "differs", "value": "Ada"}, False),
        ({"fact": "customer.first_name", "is": "equals", "value": '"}}{{ customer.email'}, False),
        ({"fact": "customer.tags", "is": "lacks", "value": "regular"}, True),
        ({"fact": "customer.tags", "is": "has", "value": "regular"}, False),
        ({"fact": "cart_products", "is": "known"}, False),
        ({"fact": "viewed_products", "is": "missing"}, True),
    ],
)
def test_a_block_is_shown_only_if(when: dict[str, str], is_shown: bool) -> None:  # noqa: FBT001
    customer = CustomerFactory(name="Ada Lovelace", city="")
    version = written({"type": "text", "text": "Always"}, {"type": "text", "text": "Sometimes", "when": when})

    rendered = render_for(customer, version)

    assert ("Sometimes" in rendered.html, "Sometimes" in rendered.text) == (is_shown, is_shown)


def test_a_customer_named_like_a_variable_stays_text() -> None:
    blocks = [{"type": "heading", "text": "{{ customer.name }}"}, {"type": "text", "text": "{{ customer.name }}"}]
    customer = CustomerFactory(name="{{ secret }} **bold**")

    rendered = preview_wording(Wording("{{ customer.name }}", blocks=blocks), customer=customer)

    assert rendered.subject == "{{ secret }} **bold**"
    assert rendered.html.count("{{ secret }} **bold**") == 2
    assert "{{ secret }} **bold**" in rendered.text


def test_the_preheader_stands_before_all_else_and_only_in_html() -> None:
    version = written({"type": "text", "text": "Hi"}, preheader="For {{ customer.first_name }} & friends")

    rendered = render_for(CustomerFactory(name="Ada Lovelace"), version)

    assert rendered.html.index("For Ada &amp; friends") < rendered.html.index("Hi")
    assert "friends" not in rendered.text


@pytest.mark.parametrize(
    ("wording", "field"),
    [
        (Wording("Hello", "Hi", preheader="{{ nobody }}"), "preheader"),
        (Wording("Hello", "Hi", preheader="{% if customer.name %}x{% endif %}"), "preheader"),
        (Wording("Hello", "Hi", own_text="{{ nobody }}"), "own_text"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(wording: Wording, field: str) -> None:
    with pytest.raises(BadTemplate) as refused:
        write_template(name="L", wording=wording)

    assert refused.value.field == field


def test_ones_own_plain_text_stands_instead_of_what_is_made() -> None:
    version = written({"type": "text", "text": "Hi"}, own_text="Dear {{ customer.first_name }},\n\nplain words.")

    text = render_for(CustomerFactory(name="Ada Lovelace"), version).text

    assert text.startswith("Dear Ada,\n\nplain words.")
    assert "Unsubscribe:" in text


@pytest.mark.parametrize(("color", "ink"), [("#1f6f5c", "#ffffff"), ("#ffee00", "#000000"), ("#000000", "#ffffff")])
def test_the_ink_of_a_button_can_be_read(color: str, ink: str) -> None:
    assert ink_on(color) == ink


def test_the_blocks_of_a_body_are_checked_one_by_one() -> None:
    seen: list[str] = []

    blocks_to_html(clean_blocks([{"type": "divider"}, {"type": "heading", "text": "Hi"}]), check=seen.append)

    assert seen == ["<hr>", '<h1 align="left">Hi</h1>']
