"""The Content-Security-Policy refuses inline code; what a template asks for exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "emails" not in path.parts)
INLINE = {
    "an inline script": r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")",
    "an inline style": r"<style\b|\sstyle\s*=",
    "an inline handler": r"<[a-z][^>]*\son[a-z]+\s*=|\shx-on[:-]",
    "a javascript: address": r"javascript:",
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_holds_nothing_that_the_policy_refuses(path: Path) -> None:
    text = path.read_text()

    found = [what for what, pattern in INLINE.items() if re.search(pattern, text, re.IGNORECASE)]

    assert found == []


def test_icons_asked_for_are_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/vendor/icons.svg").read_text()))
    asked = {
        name
        for path in TEMPLATES
        for name in re.findall(r"""\{% icon (?:\w+\|default:)?"([^"]+)\"""", path.read_text())
    }

    assert asked - sprite == set()


def test_components_are_documented() -> None:
    documented = (ROOT / "templates/components/README.md").read_text()

    names = {path.stem for path in (ROOT / "templates/components").glob("*.html")}

    assert {name for name in names if f"`{name}" not in documented} == {"workspace_mark"}
