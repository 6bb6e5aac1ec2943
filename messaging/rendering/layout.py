"""From what a person wrote to what the engine renders: cleaned, in the workspace's layout, styles inlined.

All of it happens once, when a template is saved. While HTML is cleaned and inlined its tags are away, each replaced by
a mark that neither step changes: outputs by a word, statements by a comment, which may also stand between table rows.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

import css_inline
import nh3
from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Workspace
from messaging.rendering.grammar import BadTemplate, Piece, Tag, parse, write
from messaging.rendering.plain_text import html_to_text
from messaging.rendering.variables import VARIABLES, variables_of

LONGEST_SUBJECT = 300
WORDS = "<!--words-->"
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
HAS_MARKUP = re.compile(r"</?[a-zA-Z][^>]*>")

_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Compiled:
    """Sources for the engine, in its own words (grammar.write). `links`: see messaging.tracking.marking."""

    subject: str
    html: str
    text: str
    links: str = ""


def compile_template(subject: str, body: str, *, template_key: str = "", workspace: Workspace) -> Compiled:
    """Raises BadTemplate. `body` is HTML, or plain text whose blank lines part its paragraphs."""
    compiled_subject = compile_subject(subject, template_key=template_key)
    if not body.strip():
        raise BadTemplate(_("A message needs some text."))
    variables = [variable.name for variable in variables_of(template_key)]
    words = body if HAS_MARKUP.search(body) else _paragraphs(body)
    marks = _Marks()
    cleaned = _cleaned(marks.put(parse(words, variables=variables)), marks)
    names = [variable.name for variable in VARIABLES]
    page = marks.put(parse(_layout("html"), variables=names)).replace("BRAND_COLOR", workspace.brand_color)
    foot = marks.put(parse(_layout("txt"), variables=names))
    return Compiled(
        subject=compiled_subject,
        html=write(marks.take(_inliner.inline(page.replace(WORDS, cleaned)))),
        text=write(marks.take(foot.replace(WORDS, html_to_text(cleaned)))),
    )


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


def layout_hash(workspace: Workspace) -> str:
    """What a compiled template depends on beside its words: when this changes, it is compiled anew."""
    parts = (_layout("html"), _layout("txt"), workspace.brand_color)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _layout(kind: str) -> str:
    source = (settings.BASE_DIR / "templates" / "emails" / f"layout.{kind}").read_text()
    return re.sub(r"\n +", "\n", source) if kind == "html" else source  # indentation is for who reads the file


def _paragraphs(text: str) -> str:
    """Plain text as HTML, line by line. What stands in its tags is not to be escaped: `<` is no markup there."""
    parts = re.split(r"(\{\{.*?\}\}|\{%.*?%\})", text.rstrip().replace("\r\n", "\n"), flags=re.DOTALL)
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
