"""A newsletter filled in and put into MIME for one customer after the other, as the sender does it.

The limit is the same message joined by hand: its constant parts made once, the values escaped, both parts base64, no
template, no checks. Both must say the same before anything is measured.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING, Any

from bench._rounds import seconds
from crm.embedded.workloads import fresh_rapport

if TYPE_CHECKING:
    from collections.abc import Callable

    from messaging.tracking.marking import Marked

LETTERS, ROUNDS = 2_000, 7
LINE = 76
AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
BODY = (
    "<h1>News from {{ workspace.name }}</h1><p>Dear {{ customer.first_name }},</p>"
    + "".join(
        f"<p>Part {number}: we have been busy, and there is something new to try. "
        f'<a href="https://shop.example/news/{number}">Read on</a></p>'
        for number in range(12)
    )
    + "<p>Written to {{ customer.email }} by {{ workspace.sender_name }}.</p>"
)
WORKSPACE = {"name": "Bakery", "sender_name": "Anna & Co", "postal_address": "1 Mill Lane"}


def main() -> None:
    with fresh_rapport():
        from messaging.rendering import Brand, Words, compile_template  # noqa: PLC0415  Django is set up only now
        from messaging.tracking.marking import mark_links  # noqa: PLC0415

        compiled = compile_template(Words("News from {{ workspace.name }}", BODY), brand=Brand("#1f6f5c"))
        marked = mark_links(compiled, opens=True)
        contexts = [context(number) for number in range(LETTERS)]
        ours, by_hand = writer(marked), joiner(marked)
        for each in contexts[:50]:
            if words_of(ours(each)) != words_of(by_hand(each)):
                raise AssertionError("the two do not say the same")
        measure(contexts, ours, by_hand)


def measure(
    contexts: list[dict[str, Any]], ours: Callable[[dict[str, Any]], bytes], by_hand: Callable[[dict[str, Any]], bytes]
) -> None:
    spent: dict[str, float] = {"ours": float("inf"), "limit": float("inf")}
    for _ in range(ROUNDS):
        for name, write in (("limit", by_hand), ("ours", ours)):
            took = seconds(lambda write=write: [write(each) for each in contexts])  # type: ignore[misc]
            spent[name] = min(spent[name], took)
    rates = {name: len(contexts) / took for name, took in spent.items()}
    ratio = rates["ours"] / rates["limit"]
    print(f"render: ours={rates['ours']:,.0f}/s limit={rates['limit']:,.0f}/s ratio={ratio:.2f}")


def context(number: int) -> dict[str, Any]:
    token = base64.urlsafe_b64encode(number.to_bytes(24, "big")).decode()
    pages = {name: f"https://rapport.example/p/{name}/{token}/" for name in ("c", "o", "unsubscribe", "preferences")}
    return {
        "customer": {"first_name": f"Ada <{number}>", "name": f"Ada {number}", "email": f"ada{number}@mail.example"},
        "workspace": WORKSPACE,
        "click_url": pages["c"],
        "open_url": pages["o"],
        "unsubscribe_url": pages["unsubscribe"],
        "preferences_url": pages["preferences"],
    }


def writer(marked: Marked) -> Callable[[dict[str, Any]], bytes]:
    """As messaging.sending.preparation writes it."""
    from messaging.rendering import Renderer  # noqa: PLC0415
    from messaging.sending.mime import Letter, Letterhead, Mailbox, compose  # noqa: PLC0415

    renderer, letterhead = Renderer(), Letterhead(Mailbox("Anna & Co", "anna@bakery.example")).headers()

    def write(values: dict[str, Any]) -> bytes:
        rendered = renderer.render(marked.compiled, values, key="1")
        letter = Letter(
            recipient=Mailbox(values["customer"]["name"], values["customer"]["email"]),
            subject=rendered.subject,
            message_id="<1@rapport.example>",
            date=AT,
            text=rendered.text,
            html=rendered.html,
            unsubscribe_url=values["unsubscribe_url"],
        )
        return compose(letter, letterhead)

    return write


def joiner(marked: Marked) -> Callable[[dict[str, Any]], bytes]:
    """The constant parts, and between them which value stands there."""
    sources = [(constants(marked.compiled.html), True), (constants(marked.compiled.text), False)]
    head = (
        'From: "Anna & Co" <anna@bakery.example>\r\nSubject: News from Bakery\r\n'
        f"Date: {format_datetime(AT)}\r\nMessage-ID: <1@rapport.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="b"\r\n'
    )

    def join(values: dict[str, Any]) -> bytes:
        flat = {f"{name}.{key}": each for name in ("customer", "workspace") for key, each in values[name].items()}
        flat |= {name: each for name, each in values.items() if isinstance(each, str)}
        safe = {name: each if name.endswith("_url") else escape(each) for name, each in flat.items()}
        html, text = (
            "".join(part if index % 2 == 0 else (safe if is_html else flat)[part] for index, part in enumerate(parts))
            for parts, is_html in sources
        )
        top = f"{head}To: {flat['customer.name']} <{flat['customer.email']}>\r\n"
        top += f"List-Unsubscribe: <{flat['unsubscribe_url']}>\r\n"
        return b"".join((top.encode(), encoded("plain", text), encoded("html", html), b"\r\n--b--\r\n"))

    return join


def constants(source: str) -> list[str]:
    """Of what the template decides by itself, such as whether there is an address, the answer is the same for all."""
    plain = re.sub(r"\{% if [^%]*%\}|\{% endif %\}", "", source)
    return [part.strip() if index % 2 else part for index, part in enumerate(re.split(r"\{\{(.*?)\}\}", plain))]


def encoded(subtype: str, content: str) -> bytes:
    data = binascii.b2a_base64(content.replace("\n", "\r\n").encode(), newline=False)
    lines = b"\r\n".join(data[start : start + LINE] for start in range(0, len(data), LINE))
    head = f'\r\n--b\r\nContent-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head.encode() + lines


def words_of(message: bytes) -> list[str]:
    """The text and the HTML of a message, as a browser would read them."""
    from html import unescape  # noqa: PLC0415

    parts = re.findall(rb"base64\r\n\r\n(.*?)\r\n--", message, re.DOTALL)
    return [unescape(base64.b64decode(part).decode()) for part in parts]


if __name__ == "__main__":
    main()
