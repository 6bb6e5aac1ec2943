"""What every page must stand: no complaint of the console, nothing serious from axe, nothing wider than the window."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request, Response

from tests.browser.conftest import VIEWPORTS
from tests.browser.listing import PageToOpen

# Pictures are kept where this says; without it the tests only look.
SCREENSHOTS = os.environ.get("RAPPORT_SCREENSHOTS", "")
BAD = {"serious", "critical"}
# One template wrote all rows of a list: axe, which takes most of the time here, looks at the first of them.
LATER_ROWS = ["tbody > tr:nth-child(n+7)", "ol > li:nth-child(n+7)", "ul > li:nth-child(n+15)", "option:nth-child(n+7)"]


def complaints_of(page: Page) -> list[str]:
    """Filled while the page lives: refused styles and scripts, errors of ours. A failed answer is no complaint."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of" not in message.text:
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def failures_of(page: Page) -> list[str]:
    """Filled while the page lives: requests that came to nothing, and answers that say so.

    What the browser gave up by itself is none: whoever leaves a page while it asks for its progress.
    """
    failures: list[str] = []

    def note(response: Response) -> None:
        if response.status >= 400:
            failures.append(f"{response.status} {response.url}")

    def note_failure(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":
            failures.append(f"{request.failure} {request.url}")

    page.on("response", note)
    page.on("requestfailed", note_failure)
    return failures


@cache
def axe_script() -> str:
    """Axe without the rules that it calls minor or moderate: nobody asks here what they find."""
    minor = f"axe._audit.rules.filter((rule) => !{sorted(BAD)}.includes(rule.impact))"
    return f"{Axe().axe_script}; for (const rule of {minor}) rule.enabled = false;"


def findings_of(page: Page, *, within: str = "", has_new_colors: bool = True) -> list[str]:
    """What axe calls serious or critical, each with the first element that it means.

    Contrast takes three quarters of its time: where the colors were looked at already, leave them out. `within` an
    element it asks nothing that is of the whole page, such as whether it has a title.
    """
    if not page.evaluate("'axe' in window"):  # half a megabyte to parse: once a document
        page.evaluate(axe_script())
    violations = page.evaluate(
        "([context, options]) => axe.run(context, options).then((found) => found.violations)",
        [
            {"exclude": [[selector] for selector in LATER_ROWS], **({"include": [[within]]} if within else {})},
            # Not preloaded: no rule that counts needs the style sheets a second time. Frames hold letters, which let no
            # script in: asked, they would answer by a complaint of the console.
            {
                "resultTypes": ["violations"],
                "preload": False,
                "iframes": False,
                "rules": {"color-contrast": {"enabled": has_new_colors}},
            },
        ],
    )
    return [
        f"{violation['id']}: {violation['nodes'][0]['html']}" for violation in violations if violation["impact"] in BAD
    ]


def overflow_of(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def keep_screenshot(page: Page, name: str) -> None:
    if not SCREENSHOTS:
        return
    path = Path(SCREENSHOTS) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    window = page.viewport_size
    assert window
    # Made as tall as the page: Chromium's own full-page picture leaves out much of what is fixed, such as the sidebar.
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": window["width"], "height": max(height, window["height"])})
    page.screenshot(path=path)
    page.set_viewport_size(window)


def settle(page: Page) -> None:
    """Until what the page asks for by itself is there, and its charts are drawn for this width."""
    page.wait_for_function(
        """() => document.fonts.status === "loaded" && !document.querySelector(".htmx-request")
        && [...document.querySelectorAll("[data-chart]")].every((chart) => chart.querySelector("canvas, svg"))"""
    )
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def look_at(page: Page, pages: Iterable[PageToOpen], *, folder: str) -> list[str]:
    """Open each page, then resize its window. Returns what is wrong, each with the page and the width."""
    wrong: list[str] = []
    complaints, failures = complaints_of(page), failures_of(page)
    viewports = list(VIEWPORTS)
    # Half a megabyte: parsed by every document, but sent only once.
    page.add_init_script(axe_script())
    for each in pages:
        if page.viewport_size != VIEWPORTS[viewports[0]]:  # painted anew, even if it stays as it is
            page.set_viewport_size(VIEWPORTS[viewports[0]])
        page.goto(each.url)
        for viewport in viewports:
            if page.viewport_size != VIEWPORTS[viewport]:
                page.set_viewport_size(VIEWPORTS[viewport])
            settle(page)
            keep_screenshot(page, f"{folder}/{each.name}-{viewport}")
            # What stands around it is the same on every page: test_shell.py looks at that.
            found = findings_of(page, within="main", has_new_colors=viewport == "desk")
            if not page.title():
                found.append("no title")
            if wider := overflow_of(page):
                found.append(f"{wider} pixels too wide")
            wrong += [f"{each.name}, {viewport}: {finding}" for finding in [*found, *complaints, *failures]]
            complaints.clear()
            failures.clear()
        viewports.reverse()  # the next page begins as wide as this one ended: each resizing is painted
    return wrong
