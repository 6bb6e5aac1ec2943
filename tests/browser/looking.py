"""What every page must stand: no complaint of the console, nothing serious from axe, nothing wider than the window."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
BAD = {"serious", "critical"}


def complaints_of(page: Page) -> list[str]:
    """Filled while the page lives: refused styles and scripts, errors of ours. A failed answer is no complaint."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of" not in message.text:
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def findings_of(page: Page) -> list[str]:
    """What axe calls serious or critical, each with the first element that it means."""
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {violation['nodes'][0]['html']}" for violation in violations if violation["impact"] in BAD
    ]


def overflow_of(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def keep_screenshot(page: Page, name: str) -> None:
    path = SCREENSHOTS / f"{name}.png"
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
