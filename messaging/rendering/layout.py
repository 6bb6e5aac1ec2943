"""From what a person wrote to what the engine renders: cleaned, in the workspace's layout, styles inlined.

All of it happens once, when a template is saved. While HTML is cleaned and inlined its tags are away, each replaced by
a mark that neither step changes: outputs by a word, statements by a comment, which may also stand between table rows.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

import css_inline
import nh3
from django.conf import settings
from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext as _

from accounts.models import Workspace, WorkspaceLogo
from messaging.models import TemplateVersion
from messaging.rendering.blocks import MOST_PRODUCTS
from messaging.rendering.grammar import BadTemplate, Piece, Tag, parse, write
from messaging.rendering.lists import LISTS
from messaging.rendering.markup import split_tags
from messaging.rendering.plain_text import html_to_text
from messaging.rendering.variables import VARIABLES, variables_of

LONGEST_SUBJECT = 300
WORDS, PREHEADER = "<!--words-->", "<!--preheader-->"
SRGB_IS_LINEAR_BELOW = 0.04045
TAGS = frozenset(
    {
        *("a", "abbr", "b", "blockquote", "br", "center", "code", "del", "div", "em", "figcaption", "figure"),
        *("h1", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub"),
        *("sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
    }
)
ATTRIBUTES = {
    "*": {"align", "class", "dir", "lang", "style", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "table": {"width", "border", "cellpadding", "cellspacing", "role"},
    "td": {"colspan", "rowspan", "width", "valign"},
    "th": {"colspan", "rowspan", "width", "valign"},
}
STYLES = frozenset(
    {
        *("background-color", "border", "border-color", "border-radius", "border-style", "border-width", "color"),
        *("display", "font", "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing"),
        *("line-height", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top"),
        *("max-width", "min-width", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top"),
        *("text-align", "text-decoration", "text-transform", "vertical-align", "width"),
    }
)
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_BEGINS_MARKUP = re.compile(r"</?[a-zA-Z]")

_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Compiled:
    """Sources for the engine, in its own words (grammar.write). `links`: see messaging.tracking.marking."""

    subject: str
    html: str
    text: str
    links: str = ""


@dataclass(frozen=True)
class Words:
    """What a person wrote. `body` is HTML, or plain text whose blank lines part its paragraphs.

    `own_text` stands in the plain part instead of what is made of the body.
    """

    subject: str
    body: str
    preheader: str = ""
    own_text: str = ""

    @classmethod
    def of(cls, version: TemplateVersion) -> Words:
        return cls(version.subject, version.body, version.preheader, version.own_text)


@dataclass(frozen=True)
class Brand:
    color: str
    logo_url: str = ""

    @classmethod
    def of(cls, workspace: Workspace) -> Brand:
        sha256 = WorkspaceLogo.objects.filter(workspace=workspace).values_list("sha256", flat=True).first()
        path = reverse("logo_image", urlconf=settings.ROOT_URLCONF, args=[workspace.public_key, sha256 or "-"])
        path = path.removeprefix(get_script_prefix())
        return cls(workspace.brand_color, f"{settings.PUBLIC_URL.rstrip('/')}/{path}" if sha256 else "")


def compile_template(words: Words, *, template_key: str = "", brand: Brand) -> Compiled:
    """Raises BadTemplate, which names the field that is wrong."""
    compiled_subject = compile_subject(words.subject, template_key=template_key)
    if not words.body.strip():
        raise BadTemplate(_("A message needs some text."))
    marks = _Marks()
    body = words.body if has_markup(words.body) else plain_paragraphs(words.body)
    cleaned = _cleaned(marks.put(parse_body(body, template_key=template_key)), marks)
    page = _framed(marks, brand, _preheader(marks, words.preheader, template_key))
    html = write(marks.take(_inliner.inline(page.replace(WORDS, cleaned))))
    foot = marks.put(parse(_layout("txt"), variables=[variable.name for variable in VARIABLES]))
    text = html_to_text(cleaned)
    if words.own_text.strip():
        text = marks.put(_of_field("own_text", parse_body, words.own_text.strip(), template_key=template_key))
    return Compiled(subject=compiled_subject, html=html, text=write(marks.take(foot.replace(WORDS, text))))


def has_markup(text: str) -> bool:
    """Whether it is HTML, and no plain text: it has a tag that ends somewhere."""
    first = _BEGINS_MARKUP.search(text)
    return first is not None and ">" in text[first.end() :]


def parse_body(source: str, *, template_key: str = "") -> list[Piece]:
    """Raises BadTemplate. Beside the variables there are the lists of products to loop over."""
    variables = [variable.name for variable in variables_of(template_key)]
    return parse(source, variables=variables, lists=LISTS, longest_list=MOST_PRODUCTS)


def _of_field(field: str, parse_it: Callable[..., list[Piece]], source: str, **options: Any) -> list[Piece]:
    try:
        return parse_it(source, **options)
    except BadTemplate as error:
        raise BadTemplate(str(error), field=field) from None


def _framed(marks: _Marks, brand: Brand, preheader: str) -> str:
    page = marks.put(parse(_layout("html"), variables=[variable.name for variable in VARIABLES]))
    if brand.logo_url:
        name = re.search(r"(?<=<!--sender-->).*?(?=<!--/sender-->)", page, re.DOTALL)
        alt = name[0] if name else ""
        page = page.replace(alt, f'<img src="{escape(brand.logo_url)}" alt="{alt}" height="48">', 1)
    return (
        re.sub("<!--/?sender-->", "", page)
        .replace(PREHEADER, preheader)
        .replace("BRAND_COLOR", brand.color)
        .replace("BRAND_INK", ink_on(brand.color))
    )


def _preheader(marks: _Marks, preheader: str, template_key: str) -> str:
    """What mail programs show beside the subject. What follows it there is empty, or they would go on with the body."""
    line = " ".join(preheader.split())
    if not line:
        return ""
    variables = [variable.name for variable in variables_of(template_key)]
    pieces = _of_field("preheader", parse, line, variables=variables)
    if any(isinstance(piece, Tag) and not piece.is_output for piece in pieces):
        raise BadTemplate(
            _("The preheader is one line: variables can stand in it, conditions cannot."), field="preheader"
        )
    shown = marks.put([piece if isinstance(piece, Tag) else escape(piece) for piece in pieces])
    return f'<div style="display:none;max-height:0;overflow:hidden">{shown}{"&#847;&zwnj;&nbsp;" * 40}</div>'


def ink_on(color: str) -> str:
    """Black or white, whichever reads better on this colour (WCAG 2's contrast)."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


def _linear(part: float) -> float:
    """Undo the gamma of sRGB."""
    return part / 12.92 if part <= SRGB_IS_LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4


def compile_subject(subject: str, *, template_key: str = "") -> str:
    if not subject.strip():
        raise BadTemplate(_("A message needs a subject."), field="subject")
    if len(subject) > LONGEST_SUBJECT:
        raise BadTemplate(
            _("The subject has %(length)s characters; at most %(most)s are possible.")
            % {"length": len(subject), "most": LONGEST_SUBJECT},
            field="subject",
        )
    variables = [variable.name for variable in variables_of(template_key)]
    try:
        return write(parse(" ".join(subject.split()), variables=variables))
    except BadTemplate as error:
        raise BadTemplate(str(error), field="subject") from None


def layout_hash(brand: Brand) -> str:
    """What a compiled template depends on beside its words: when this changes, it is compiled anew."""
    parts = (_layout("html"), _layout("txt"), brand.color, brand.logo_url)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _layout(kind: str) -> str:
    source = (settings.BASE_DIR / "templates" / "emails" / f"layout.{kind}").read_text()
    return re.sub(r"\n +", "\n", source) if kind == "html" else source  # indentation is for who reads the file


def plain_paragraphs(text: str) -> str:
    """Plain text as HTML, line by line. What stands in its tags is not to be escaped: `<` is no markup there."""
    parts = split_tags(text.rstrip().replace("\r\n", "\n"))
    escaped = "".join(part if index % 2 else escape(part, quote=False) for index, part in enumerate(parts))
    lines = re.sub(r"(?<!\n)\n(?![ \t]*\n)", "<br>\n", escaped)
    return "<p>" + re.sub(r"\n[ \t]*\n\s*", lambda gap: f"</p>{gap[0]}<p>", lines) + "</p>"


def _cleaned(marked: str, marks: _Marks) -> str:
    """The person's HTML without whatever has no business in a message. Raises BadTemplate where a tag stands wrong."""
    complaints: list[str] = []

    def check(tag: str, attribute: str, value: str) -> str | None:
        if complaint := marks.complaint(attribute, value):
            complaints.append(complaint)
        return value

    cleaned = nh3.clean(
        marked,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=check,
        strip_comments=False,
        link_rel=None,
        url_schemes=set(SCHEMES),
        filter_style_properties=set(STYLES),
    )
    if complaints:
        raise BadTemplate(complaints[0])
    return marks.without_other_comments(cleaned)


class _Marks:
    """The tags of one message while they are away."""

    def __init__(self) -> None:
        self._key = f"tag{secrets.token_hex(8)}n"
        self._tags: list[Tag] = []
        self._mark = re.compile(rf"<!--{self._key}(\d+)z-->|{self._key}(\d+)z")

    def put(self, pieces: Sequence[Piece]) -> str:
        return "".join(piece if isinstance(piece, str) else self._put_one(piece) for piece in pieces)

    def take(self, text: str) -> list[Piece]:
        """The pieces again, wherever they have come to stand."""
        pieces: list[Piece] = []
        end = 0
        for found in self._mark.finditer(text):
            pieces += [text[end : found.start()], self._tags[int(found[1] or found[2])]]
            end = found.end()
        return [*pieces, text[end:]]

    def _require_all(self, text: str) -> None:
        """Raises BadTemplate if a tag went missing, or came to stand elsewhere."""
        places = [int(found[1] or found[2]) for found in self._mark.finditer(text)]
        for place, tag in enumerate(self._tags):
            if places[place : place + 1] != [place]:
                raise BadTemplate(
                    _("`%(source)s` stands where no text can stand.") % {"source": tag.source}, line=tag.line
                )

    def complaint(self, attribute: str, value: str) -> str:
        """What is wrong with an attribute's value, or nothing."""
        found = [self._tags[int(match[1] or match[2])] for match in self._mark.finditer(value)]
        if any(not tag.is_output for tag in found) or (found and attribute not in {"href", "src", "alt", "title"}):
            return f"`{found[0].source}` cannot stand inside `{attribute}=`."
        if attribute not in {"href", "src"}:
            return ""
        if (first := self._mark.match(value)) is not None:
            is_link = self._tags[int(first[1] or first[2])].name.endswith("_url")
            return "" if is_link else f"A link cannot begin with `{found[0].source}`: write where it leads."
        if not re.match(r"(https?|mailto|tel):", value, re.IGNORECASE):
            return f"A link must begin with https://, mailto: or tel:, and `{value[:60]}` does not."
        return ""

    def without_other_comments(self, html: str) -> str:
        without = re.sub(rf"<!--(?!{self._key}\d+z-->).*?-->", "", html, flags=re.DOTALL)
        self._require_all(without)
        return without

    def _put_one(self, tag: Tag) -> str:
        self._tags.append(tag)
        mark = f"{self._key}{len(self._tags) - 1}z"
        return mark if tag.is_output else f"<!--{mark}-->"
