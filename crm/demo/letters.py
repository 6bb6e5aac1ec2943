"""What the bakery writes: the texts of its own, each worth sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from messaging.actions.templates import Wording

SITE = "https://corner-bakery.example"
NEWS, KNOTS, CLUB, WEEKEND, SUNDAYS, CAFES = (
    "Monthly letter",
    "Cardamom knots are here",
    "Bread club: this week's loaf",
    "Order ahead for the weekend",
    "We open on Sundays",
    "A word to our cafés",
)

_DEAR = "Dear {{ customer.first_name or 'neighbour' }},"
_REGARDS = "Yours,\nAda and everybody at {{ workspace.name }}"


def _text(*paragraphs: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": "\n\n".join(paragraphs), **more}


def _heading(text: str, level: int = 2, **more: Any) -> dict[str, Any]:
    return {"type": "heading", "text": text, "level": level, **more}


def button(label: str, path: str) -> dict[str, Any]:
    return {"type": "button", "label": label, "link": SITE + path, "align": "left"}


def _if_tagged(tag: str) -> dict[str, Any]:
    return {"when": {"fact": "customer.tags", "is": "has", "value": tag}}


_BEST = {"type": "products", "list": "best", "most": 3, "prices": True}
_CHANNELS = {
    "type": "social",
    "links": "Instagram https://instagram.com/cornerbakery.example\nOur website https://corner-bakery.example",
    "align": "center",
}


def letters(products: Mapping[str, int]) -> dict[str, Wording]:
    """By name. `products`: ids by SKU, of those that are shown."""
    return {
        NEWS: _news(),
        KNOTS: _knots(),
        CLUB: _club(products),
        WEEKEND: _weekend(products),
        SUNDAYS: _sundays(),
        CAFES: _cafes(),
    }


def _news() -> Wording:
    return Wording(
        "{{ customer.first_name or 'Neighbour' }}, what comes out of our oven this month",
        preheader="A new starter, a table outside, and what everybody is buying.",
        blocks=[
            _heading("What comes out of our oven this month", 1),
            _text(_DEAR, "Three things from Lindenstraße, in two minutes of reading."),
            _heading("The rye has a new starter"),
            _text(
                "Ben brought it home from a mill in the Uckermark. It is milder than the old one, and the crumb stays "
                "moist a day longer. The old one lives on in the back of the cold room, just in case you protest."
            ),
            _text(
                "**For you who bake without gluten:** the buckwheat loaf now comes out every Thursday *and* Saturday.",
                **_if_tagged("Gluten-free"),
            ),
            _heading("What everybody is buying"),
            _BEST,
            button("See all we bake today", "/today"),
            {"type": "divider"},
            _text(
                "Is something missing from our shelves? Reply to this message. The pumpkin seed rolls began that way.",
                _REGARDS,
            ),
            _CHANNELS,
        ],
    )


def _knots() -> Wording:
    return Wording(
        "Cardamom knots, {{ customer.first_name or 'dear neighbour' }}: from seven, while they last",
        preheader="Forty a morning, made by hand. We put one aside for you if you say so.",
        blocks=[
            _heading("Cardamom knots are here", 1, align="center"),
            _text(
                _DEAR,
                "Clara spent her holiday in Göteborg and came back with a recipe. After eleven tries and four kilos of "
                "cardamom we are sure of it: butter, green cardamom ground in the morning, a little too much sugar.",
                "There are forty each morning. By half past nine there are none.",
            ),
            button("Keep one for me", "/knots"),
            _text(
                "**You are in the bread club,** so yours is in the bag on Thursday anyway.", **_if_tagged("Bread club")
            ),
            _text(
                "**Please note:** the knots are made on the table where we also work with almonds.",
                **_if_tagged("Nut allergy"),
            ),
            _heading("Goes well with it"),
            _BEST,
            _text(f"[What is in it, and what is not]({SITE}/knots/recipe)", _REGARDS),
        ],
    )


def _club(products: Mapping[str, int]) -> Wording:
    return Wording(
        "Bread club: your loaf is ready on Thursday",
        preheader="Pick it up from two in the afternoon, or tell us to keep it until Friday.",
        blocks=[
            _heading("This week in the bread club", 1),
            _text(_DEAR, "Your loaf comes out of the oven on Thursday at one, and is yours from two."),
            {"type": "products", "list": "picked", "products": [products["BR-RYE"]], "prices": False},
            {
                "type": "columns",
                "left": "**To go with it**\n\nSalted butter, radishes, and a quarter of an hour on the balcony.",
                "right": "**How it keeps**\n\nCut side down on the board. Not in the fridge: cold makes it stale.",
            },
            button("Keep it until Friday", "/club/friday"),
            _text("Away this week? Reply by Wednesday, and the loaf goes to the food bank.", _REGARDS),
        ],
    )


def _weekend(products: Mapping[str, int]) -> Wording:
    picked = [products[sku] for sku in ("CA-BDY", "CA-APP", "PA-CRO")]
    return Wording(
        "Order by Thursday evening, and the queue on Saturday is not yours",
        preheader="Croissants for six, a birthday cake, the good rye: it waits at the side window.",
        blocks=[
            _heading("Your weekend, put aside", 1),
            _text(_DEAR, "On Saturday the queue goes round the corner. Yours need not be part of it."),
            {"type": "products", "list": "picked", "products": picked, "most": 3, "prices": True},
            button("Order for Saturday", "/weekend"),
            _text(
                "**Still in your cart:**",
                when={"fact": "cart_products", "is": "known"},
            ),
            {
                "type": "products",
                "list": "cart",
                "most": 3,
                "prices": True,
                "when": {"fact": "cart_products", "is": "known"},
            },
            _text("What you order by Thursday at eight is packed at the side window from seven on.", _REGARDS),
        ],
    )


def _sundays() -> Wording:
    return Wording(
        "From next month you find us on Sundays, too",
        preheader="Eight to twelve: rolls, croissants and coffee, as many of you have asked.",
        blocks=[
            _heading("We open on Sundays", 1, align="center"),
            _text(
                _DEAR,
                "You have asked for it for years, and we have always said: the bakers need a day off, too. That is "
                "still true. But Mira and Theo want to do Sundays, and only Sundays.",
                "So from next month, from eight to twelve:",
            ),
            _text("- rolls and croissants, no bread\n- coffee to take away\n- the paper, as long as it lasts"),
            button("When we are open", "/hours"),
            _text(_REGARDS),
        ],
    )


def _cafes() -> Wording:
    return Wording(
        "Prices from the first of the month, and one thing we would like to know",
        blocks=[
            _text(
                _DEAR,
                "Flour and butter have become dearer again, and we can't carry all of it. From the first of the month "
                "rolls cost two cents more, and loaves ten. What you have ordered until then stays at the old price.",
                "One thing we would like to know: would a second delivery at eleven help you? Reply with "
                "yes or no. If six of you say yes, we do it.",
                "Thank you for putting our bread on your tables.",
                "Ada Martin",
            )
        ],
    )


REPLIES = (
    "Do you also have the knots on Sundays? My sister is coming and I promised.",
    "Please keep two for me tomorrow, I am there at eight. Thank you!",
    "The last ones were a bit dry, I thought. The week before they were perfect.",
    "Best thing that has happened to this street in years. Say hello to Clara.",
)
WELCOME_REPLIES = (
    "My neighbour on the third floor sent me. She says nobody else makes a rye like that.",
    "We have just moved here from Bremen, and the smell did the rest.",
)
