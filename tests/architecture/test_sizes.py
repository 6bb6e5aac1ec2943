"""Rot lives in the tail, so the tail is what is capped (docs/architecture.md)."""

from __future__ import annotations

from tests.architecture.house import ROOT, functions, line_count, sources, templates

FILE, FUNCTION, VIEW_BODY, TEMPLATE = 300, 40, 15, 150


def test_no_file_grows_past_its_room() -> None:
    assert [f"{path.relative_to(ROOT)}: {line_count(path)}" for path in sources() if line_count(path) > FILE] == []


def test_no_function_grows_past_a_screen() -> None:
    assert [f"{each}: {each.lines}" for path in sources() for each in functions(path) if each.lines > FUNCTION] == []


def test_a_view_is_short() -> None:
    views = [path for path in sources() if path.stem == "views" or "views" in path.parts]
    bodies = [each for path in views for each in functions(path) if each.node.args.args[:1] and is_view(each.node)]
    assert [f"{each}: {each.body_lines}" for each in bodies if each.body_lines > VIEW_BODY] == []


def test_no_template_grows_past_two_screens() -> None:
    assert [
        f"{path.relative_to(ROOT)}: {line_count(path)}" for path in templates() if line_count(path) > TEMPLATE
    ] == []


def is_view(node: object) -> bool:
    return getattr(node, "args").args[0].arg == "request"  # noqa: B009  an ast node of either kind of function
