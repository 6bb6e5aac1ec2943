from __future__ import annotations

import itertools
import re

import pytest

from crm.brand import AA_TEXT, DARK_GROUND, INK, LIGHT_GROUND, WHITE, Rgb, brand_variables, contrast
from tests.client import Browser

# Every seventeenth level of each primary, both ends among them: all of the cube, the same at every run.
LEVELS = range(0, 256, 17)
COLORS: list[Rgb] = list(itertools.product(LEVELS, LEVELS, LEVELS))


def variables(color: Rgb) -> dict[str, Rgb]:
    sheet = brand_variables(bytes(color).hex())
    return {name: tuple(bytes.fromhex(value)) for name, value in re.findall(r"--([\w-]+):#([0-9a-f]{6})", sheet)}  # type: ignore[misc]


def is_readable(color: Rgb) -> bool:
    brand = variables(color)
    return (
        brand["brand"] == color
        and brand["brand-ink"] in {WHITE, INK}
        and contrast(brand["brand-ink"], color) >= AA_TEXT
        and contrast(brand["brand-on-light"], LIGHT_GROUND) >= AA_TEXT
        and contrast(brand["brand-on-dark"], DARK_GROUND) >= AA_TEXT
    )


def test_any_brand_color_becomes_readable() -> None:
    assert [color for color in COLORS if not is_readable(color)] == []


def test_a_readable_brand_color_stays_as_it_is() -> None:
    assert variables((0x1F, 0x4F, 0x45))["brand-on-light"] == (0x1F, 0x4F, 0x45)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(WHITE, (0, 0, 0)) == pytest.approx(21)
    assert contrast((0x76, 0x76, 0x76), WHITE) == pytest.approx(4.54, abs=0.01)


def test_brand_css_is_kept_for_ever_by_browsers(browser: Browser) -> None:
    response = browser.get("/brand/f5d90a.css")

    assert response.headers["Content-Type"] == "text/css"
    assert "immutable" in response.headers["Cache-Control"]
    assert "--brand:#f5d90a;" in response.content.decode()


@pytest.mark.parametrize("color", ["f5d90", "F5D90A", "f5d90a}", "gggggg"])
def test_brand_css_of_no_color_is_not_found(browser: Browser, color: str) -> None:
    assert browser.get(f"/brand/{color}.css").status_code == 404
