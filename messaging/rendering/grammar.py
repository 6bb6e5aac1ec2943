"""What a text to send may contain, and nothing else.

People write in Jinja's syntax. Jinja2's parser reads it, an allow-list walks the tree, and what is compiled later is
our own rendering of that tree: the two engines can't come to read one text differently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _
from jinja2 import Environment, TemplateSyntaxError, nodes

LONGEST_SOURCE = 100_000  # characters
LARGEST_OUTPUT = 1_000_000  # characters
LONGEST_LIST = 100  # items that a loop may run over
LONGEST_VALUE = 2_000  # characters of one variable
DEEPEST_NESTING = 20
DEEPEST_LOOP = 2

# Filter: how many plain values it takes.
FILTERS = {
    "capitalize": (0,),
    "default": (1,),
    "first": (0,),
    "join": (1,),
    "last": (0,),
    "length": (0,),
    "lower": (0,),
    "title": (0,),
    "trim": (0,),
    "upper": (0,),
    "urlencode": (0,),
}
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in"}
LOOP_FACTS = frozenset({"loop.index", "loop.first", "loop.last", "loop.length"})

_parser = Environment(autoescape=True)  # only its parser is used; nothing is ever rendered by it


class BadTemplate(ValueError):
    """The text cannot be sent as it is. Says what is wrong, where, and what to do instead."""

    def __init__(self, message: str, *, line: int | None = None, field: str = "body") -> None:
        super().__init__(_("Line %(line)s: %(message)s") % {"line": line, "message": message} if line else message)
        self.line = line
        self.field = field


@dataclass(frozen=True)
class Tag:
    """`{{ … }}` or `{% … %}`, rewritten by us. `name` is the variable that an output begins with, if it does."""

    source: str
    is_output: bool
    name: str = ""
    line: int = 0


Piece = str | Tag


def parse(
    source: str, *, variables: Collection[str], lists: Collection[str] = (), longest_list: int = LONGEST_LIST
) -> list[Piece]:
    """The text between tags, and the tags. Raises BadTemplate for all that is not allowed.

    `variables` are the dotted names that exist; `lists` those of them that a loop may run over, whose items may have
    any attributes. `longest_list`: how many items those have at most.
    """
    refuse_too_long(len(source))
    try:
        tree = _parser.parse(source)
        walk = _Walk(frozenset(variables), frozenset(lists), longest_list)
        pieces = list(walk.all_of(tree.body))
    except TemplateSyntaxError as error:
        raise BadTemplate(str(error.message), line=error.lineno) from None
    except RecursionError:
        raise BadTemplate(_("The text is nested too deeply.")) from None
    if walk.largest > LARGEST_OUTPUT:
        raise BadTemplate(_("The text could become longer than one megabyte: say less inside the loop."))
    return pieces


def refuse_too_long(length: int, *, field: str = "body") -> None:
    """Before anything is looked for in the text. Raises BadTemplate."""
    if length > LONGEST_SOURCE:
        raise BadTemplate(
            _("The text has %(length)s characters; at most %(most)s can be sent.")
            % {"length": length, "most": LONGEST_SOURCE},
            field=field,
        )


def write(pieces: Sequence[Piece]) -> str:
    """The text as the engine reads it: what looks like a tag and is none stays text."""
    return "".join(piece.source if isinstance(piece, Tag) else as_literal(piece) for piece in pieces)


def as_literal(text: str) -> str:
    return re.sub(r"\{(?=[{%#]|$)", '{{ "{" }}', text)


class _Walk:
    def __init__(self, variables: frozenset[str], lists: frozenset[str], longest_list: int) -> None:
        self._variables = variables
        self._lists = lists
        self._longest_list = longest_list
        self._items: list[str] = []  # the loop variables in force
        self._depth = 0
        self.largest = 0  # characters that could come out
        self._writers: dict[type[nodes.Node], Callable[[Any, int], str]] = {
            nodes.Const: self._constant,
            nodes.Name: self._variable,
            nodes.Getattr: self._variable,
            nodes.Filter: self._filter,
            nodes.And: self._either,
            nodes.Or: self._either,
            nodes.Not: self._not,
            nodes.Compare: self._comparison,
            nodes.CondExpr: self._choice,
        }

    def all_of(self, body: Sequence[nodes.Node]) -> Iterator[Piece]:
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise BadTemplate(_("The text is nested too deeply."), line=body[0].lineno if body else None)
        for node in body:
            yield from self._statement(node)
        self._depth -= 1

    def _statement(self, node: nodes.Node) -> Iterator[Piece]:
        if isinstance(node, nodes.Output):
            for child in node.nodes:
                yield self._output(child)
        elif isinstance(node, nodes.If):
            yield from self._if(node, "if")
        elif isinstance(node, nodes.For):
            yield from self._for(node)
        else:
            raise BadTemplate(_("%(what)s cannot be used here.") % {"what": _called(node)}, line=node.lineno)

    def _output(self, node: nodes.Expr) -> Piece:
        if isinstance(node, nodes.TemplateData):
            self._count(len(node.data))
            return str(node.data)
        self._count(LONGEST_VALUE)
        written = self._expression(node)
        return Tag(f"{{{{ {written} }}}}", is_output=True, name=_leading_name(node), line=node.lineno)

    def _if(self, node: nodes.If, word: str) -> Iterator[Piece]:
        yield Tag(f"{{% {word} {self._expression(node.test)} %}}", is_output=False, line=node.lineno)
        yield from self.all_of(node.body)
        for other in node.elif_:
            yield from self._if(other, "elif")
        if node.else_:
            yield Tag("{% else %}", is_output=False, line=node.lineno)
            yield from self.all_of(node.else_)
        if word == "if":
            yield Tag("{% endif %}", is_output=False, line=node.lineno)

    def _for(self, node: nodes.For) -> Iterator[Piece]:
        target, over = node.target, node.iter
        if not isinstance(target, nodes.Name) or node.test or node.recursive or node.else_:
            raise BadTemplate(_("A loop is written `{% for item in items %}`."), line=node.lineno)
        if _dotted(over) not in self._lists and _dotted(over).partition(".")[0] not in self._items:
            raise BadTemplate(_("A loop can only run over one of the lists."), line=node.lineno)
        if len(self._items) >= DEEPEST_LOOP:
            raise BadTemplate(_("Loops can be nested %(depth)s deep.") % {"depth": DEEPEST_LOOP}, line=node.lineno)
        if target.name in self._items or target.name in {name.partition(".")[0] for name in self._variables}:
            raise BadTemplate(
                _("`%(name)s` has a meaning already: call the item otherwise.") % {"name": target.name},
                line=node.lineno,
            )
        written = self._expression(over)
        self._items.append(target.name)
        yield Tag(f"{{% for {target.name} in {written} %}}", is_output=False, line=node.lineno)
        yield from self.all_of(node.body)
        yield Tag("{% endfor %}", is_output=False, line=node.lineno)
        self._items.pop()

    def _expression(self, node: nodes.Node, depth: int = 0) -> str:
        writer = self._writers.get(type(node))
        if writer is None:
            raise BadTemplate(_("%(what)s cannot be used here.") % {"what": _called(node)}, line=node.lineno)
        if depth > DEEPEST_NESTING:
            raise BadTemplate(_("The expression is nested too deeply."), line=node.lineno)
        return writer(node, depth + 1)

    def _either(self, node: nodes.BinExpr, depth: int) -> str:
        left, right = self._expression(node.left, depth), self._expression(node.right, depth)
        return f"({left} {'and' if isinstance(node, nodes.And) else 'or'} {right})"

    def _not(self, node: nodes.Not, depth: int) -> str:
        return f"(not {self._expression(node.node, depth)})"

    def _comparison(self, node: nodes.Compare, depth: int) -> str:
        if len(node.ops) != 1:
            raise BadTemplate(_("Compare two things at a time."), line=node.lineno)
        (operand,) = node.ops
        left, right = self._expression(node.expr, depth), self._expression(operand.expr, depth)
        return f"({left} {COMPARISONS[operand.op]} {right})"

    def _choice(self, node: nodes.CondExpr, depth: int) -> str:
        otherwise = self._expression(node.expr2, depth) if node.expr2 else '""'
        return f"({self._expression(node.expr1, depth)} if {self._expression(node.test, depth)} else {otherwise})"

    def _constant(self, node: nodes.Const, _depth: int) -> str:
        value = node.value
        if isinstance(value, str):
            self._count(len(value))
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float) and abs(value) < 10**15:
            return repr(value)
        raise BadTemplate(_("`%(value)s` cannot be used here.") % {"value": value}, line=node.lineno)

    def _variable(self, node: nodes.Name | nodes.Getattr, _depth: int) -> str:
        name = _dotted(node)
        head, _dot, rest = name.partition(".")
        if name in self._variables or name in self._lists:
            return name
        if self._items and name in LOOP_FACTS:
            return name
        if head in self._items and not any(part.startswith("_") for part in rest.split(".")):
            return name
        raise BadTemplate(self._no_such_variable(name or _called(node)), line=node.lineno)

    def _no_such_variable(self, name: str) -> str:
        words = _("There is no variable `%(name)s`.") % {"name": name}
        known = sorted(self._variables | self._lists)
        close = get_close_matches(name, known, n=1) or [each for each in known if each.endswith(f".{name}")]
        return words + (" " + _("Did you mean `%(name)s`?") % {"name": close[0]} if close else "")

    def _filter(self, node: nodes.Filter, depth: int) -> str:
        if node.node is None or node.name not in FILTERS:
            raise BadTemplate(_("There is no filter `%(name)s`.") % {"name": node.name}, line=node.lineno)
        is_plain = all(isinstance(argument, nodes.Const) for argument in node.args)
        if node.kwargs or node.dyn_args or node.dyn_kwargs or not is_plain or len(node.args) not in FILTERS[node.name]:
            raise BadTemplate(
                _("The filter `%(name)s` cannot be used like this.") % {"name": node.name}, line=node.lineno
            )
        if node.name == "join":
            self._count(LONGEST_LIST * LONGEST_VALUE)
        arguments = ", ".join(self._expression(argument, depth) for argument in node.args)
        if node.name == "default":
            arguments += ", true"  # also what is empty: to who writes it that is the same as missing
        return f"{self._expression(node.node, depth)}|{node.name}" + (f"({arguments})" if arguments else "")

    def _count(self, characters: int) -> None:
        self.largest += characters * self._longest_list ** len(self._items)


def _dotted(node: nodes.Node) -> str:
    """`customer.name`, or nothing for any other expression."""
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr) and (head := _dotted(node.node)):
        return f"{head}.{node.attr}"
    return ""


def _leading_name(node: nodes.Node) -> str:
    while isinstance(node, nodes.Filter | nodes.Or | nodes.CondExpr):
        inner = node.node if isinstance(node, nodes.Filter) else None
        node = inner or (node.left if isinstance(node, nodes.Or) else nodes.Const(""))
    return _dotted(node)


def _called(node: nodes.Node) -> str:
    """The node's kind in words that mean something to who wrote it."""
    words = {
        "Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**", "Concat": "~",
        "Getitem": "[…]", "Call": _("A call (…)"), "List": _("A list [ ]"),
        "Dict": _("A dictionary { }"), "Tuple": _("A tuple"),
    }  # fmt: skip
    name = type(node).__name__
    return words.get(name, f"`{name.lower()}`")
