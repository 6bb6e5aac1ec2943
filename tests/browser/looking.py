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
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
