"""`docs/events.md`: who records what, and who listens. Read from the code, so that it cannot lie."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from django.apps import apps
from django.conf import settings

from timeline.registry import EventBody, event_classes, subscribers

HEADING = """# Events

Who records what, and who listens. Written by `./run manage event_map`; a test fails when it is stale.
"""


def event_map() -> str:
    """The whole page as Markdown."""
    recorded_in = _recorded_in()
    sections = [HEADING]
    for app in sorted({event.__module__.split(".")[0] for event in event_classes()}):
        sections.append(f"\n## {app}\n\n| event | payload | recorded by | heard by |\n|---|---|---|---|\n")
        sections += [
            _row(event, sorted(recorded_in[event.kind]))
            for event in event_classes()
            if event.__module__.split(".")[0] == app
        ]
    if everything := [each.name for each in subscribers() if not each.kinds]:
        sections.append(f"\nHears every event: {', '.join(f'`{name}`' for name in everything)}.\n")
    return "".join(sections)


def _row(event: type[EventBody], modules: list[str]) -> str:
    listeners = [each.name for each in subscribers() if event.kind in each.kinds]
    cells = [
        f"`{event.kind}`",
        ", ".join(event.payload_fields()),
        ", ".join(f"`{module}`" for module in modules),
        ", ".join(f"`{name}`" for name in listeners),
    ]
    return f"| {' | '.join(cells)} |\n"


def _recorded_in() -> dict[str, set[str]]:
    """The modules that name an event's class, other than the one that declares it and those that listen."""
    kinds = {event.kind for event in event_classes()}
    found: dict[str, set[str]] = defaultdict(set)
    named_elsewhere = {"events", "subscribers", "panels", "segment_fields", "migrations"}
    for path in _sources():
        if named_elsewhere & {path.stem, path.parent.name}:
            continue
        module = ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Name) and node.id in kinds and isinstance(node.ctx, ast.Load):
                found[node.id].add(module)
    return found


def _sources() -> list[Path]:
    """The code of our own apps."""
    folders = [Path(config.path) for config in apps.get_app_configs()]
    return [
        source for folder in folders if folder.parent == settings.BASE_DIR for source in sorted(folder.rglob("*.py"))
    ]
