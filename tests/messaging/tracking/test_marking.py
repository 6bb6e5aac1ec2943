from __future__ import annotations

import pytest

from messaging.rendering import Renderer
from messaging.rendering.layout import Compiled
from messaging.tracking.marking import mark_links, tag_links
from messaging.tracking.utm import Utm

BASE = {"click_url": "https://r.example/p/c/T/", "open_url": "https://r.example/p/o/T/"}
ITEMS = [{"name": "Rye", "product_url": "https://shop.example/rye?a=1&b=2"}, {"name": "Bun", "product_url": ""}]
UTM = Utm(("shop.example",), "rapport", "spring")


def source(html: str, text: str = "") -> Compiled:
    return Compiled(subject="Hello", html=html, text=text)


def test_links_lead_through_their_numbers_and_keep_where_they_led() -> None:
    marked = mark_links(
        source(
            '<p><a class="b" href="https://shop.example/?a=1&amp;b=2">Shop</a> <a href="mailto:a@b.example">Write</a>'
            '<a href="https://other.example">Other</a><a href="https://shop.example/?a=1&amp;b=2">Again</a></p>',
            "Shop (https://shop.example/?a=1&b=2), more: https://new.example/x.",
        ),
        opens=False,
    )

    rendered = Renderer().render(marked.compiled, BASE)

    assert marked.urls == {
        "1": "https://shop.example/?a=1&b=2",
        "2": "https://other.example",
        "3": "https://new.example/x",
    }
    assert rendered.html.count('href="https://r.example/p/c/T/1/"') == 2
    assert 'href="https://r.example/p/c/T/2/"' in rendered.html
    assert 'href="mailto:a@b.example"' in rendered.html
    assert rendered.text == "Shop (https://r.example/p/c/T/1/), more: https://r.example/p/c/T/3/."
    assert rendered.links == {}


def test_links_that_differ_from_message_to_message_are_listed_with_it() -> None:
    html = (
        '<a href="https://shop.example/?who={{ customer.email|urlencode }}&amp;x=1">You</a>'
        "{% for item in items %}{% if item.product_url %}"
        '<a href="{{ item.product_url }}">{{ item.name }}</a>{% endif %}{% endfor %}'
    )
    marked = mark_links(source(html, "{% for item in items %}{{ item.product_url }}\n{% endfor %}"), opens=False)

    rendered = Renderer().render(marked.compiled, BASE | {"items": ITEMS, "customer": {"email": "a&b@c.example"}})

    assert marked.urls == {}
    assert rendered.links == {
        "1": "https://shop.example/?who=a%26b%40c.example&x=1",
        "2.1": "https://shop.example/rye?a=1&b=2",
    }
    assert "/p/c/T/2.1/" in rendered.html
    assert rendered.text.splitlines()[0] == "https://r.example/p/c/T/2.1/"


@pytest.mark.parametrize("name", ["unsubscribe_url", "preferences_url", "confirmation_url"])
def test_what_says_something_about_consent_is_never_tracked(name: str) -> None:
    html = f'<a href="{{{{ {name} }}}}">here</a>'

    marked = mark_links(source(html, f"here: {{{{ {name} }}}}"), opens=False)

    assert marked.compiled == source(html, f"here: {{{{ {name} }}}}")
    assert marked.urls == {}


def test_a_link_in_a_loop_within_a_loop_stays_as_it_is() -> None:
    html = '{% for a in items %}{% for b in items %}<a href="{{ b.product_url }}">x</a>{% endfor %}{% endfor %}'

    assert mark_links(source(html), opens=False).compiled.html == html


def test_a_tag_whose_words_look_like_its_end_is_read_to_its_end() -> None:
    html = '<a href="https://shop.example/{{ customer.city|default("}}", true)|urlencode }}">x</a>'

    marked = mark_links(source(html), opens=False)

    assert Renderer().render(marked.compiled, BASE | {"customer": {"city": ""}}).links == {
        "1": "https://shop.example/%7D%7D"
    }


def test_a_customers_name_makes_no_link_of_its_own() -> None:
    html = '<a href="https://shop.example/{{ customer.name }}">x</a>'
    name = "\x1f\x1e1 https://evil.example\x1f\x1e9 https://evil.example\x1f"

    links = Renderer().render(mark_links(source(html), opens=False).compiled, BASE | {"customer": {"name": name}}).links

    assert links == {"1": "https://shop.example/"}


def test_the_hidden_link_and_the_picture_stand_at_the_end() -> None:
    page = '<html><body><a href="https://a.example">a</a></body></html>'

    html = Renderer().render(mark_links(source(page), opens=True).compiled, BASE).html

    assert html.index("/p/c/T/0/") < html.index("/p/o/T/") < html.index("</body>")
    assert "/p/c/T/0/" not in mark_links(source("<p>No links</p>"), opens=True).compiled.html


def test_untracked_links_are_tagged_where_they_stand() -> None:
    html = '<a href="https://shop.example/?a=1&amp;b=2">s</a><a href="https://other.example/">o</a>'

    tagged = tag_links(source(html, "https://www.shop.example/x#top"), UTM)

    assert 'href="https://shop.example/?a=1&amp;b=2&amp;utm_source=rapport&amp;' in tagged.html
    assert 'href="https://other.example/"' in tagged.html
    assert tagged.text.startswith("https://www.shop.example/x?utm_source=rapport&utm_medium=email&utm_campaign=spring&")
    assert tagged.text.endswith("#top")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://shop.example/a?utm_source=mine&UTM_Campaign=x",
            "https://shop.example/a?utm_source=mine&UTM_Campaign=x&utm_medium=email&utm_content=link-1",
        ),
        ("https://notshop.example/", "https://notshop.example/"),
        ("https://shop.example.evil.example/", "https://shop.example.evil.example/"),
        ("https://[broken", "https://[broken"),
    ],
)
def test_utm_never_overwrites_and_never_leaves_home(url: str, expected: str) -> None:
    assert UTM.on(url, content="link-1") == expected
