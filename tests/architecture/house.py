"""The house as the guards see it: its apps, their files, their functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ["accounts", "timeline", "customers", "sales", "messaging", "metrics", "crm"]


@dataclass(frozen=True)
class Function:
    path: Path
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def lines(self) -> int:
        """From `def` to its end, without decorators and docstring."""
        body = self.node.body
        documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        docstring = (body[0].end_lineno or 0) - body[0].lineno + 1 if documented else 0
        return (self.node.end_lineno or 0) - self.node.lineno + 1 - docstring

    @property
    def body_lines(self) -> int:
        """Of the body alone."""
        return self.lines - (self.node.body[0].lineno - self.node.lineno)

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.node.lineno} {self.name}"


def sources(*apps: str) -> Iterator[Path]:
    """Our own Python, without migrations."""
    for app in apps or APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(path, node)


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def line_count(path: Path) -> int:
    return len(path.read_text().splitlines())
