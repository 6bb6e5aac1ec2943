"""What a browser sends when somebody fills in a form with lines."""

from __future__ import annotations

from typing import Any

LINE = {"sku": "", "description": "", "quantity": "", "price": "", "total": ""}


def typed_order(*lines: dict[str, str], **fields: str) -> dict[str, str]:
    """An order of today's; two rows are left empty, as on the page."""
    form = {"customer": "", "placed_at": "2026-03-02T09:30", "number": "", "channel": "shop", "currency": "EUR"}
    return {**form, "rate": "", "discount": "", "is_paid": "on", **typed_lines(*lines), **fields}


def typed_cart(*lines: dict[str, str], **fields: str) -> dict[str, str]:
    return {"customer": "", "currency": "EUR", "url": "", **typed_lines(*lines), **fields}


def typed_lines(*lines: dict[str, str]) -> dict[str, str]:
    rows = [*({**LINE, **line} for line in lines), LINE, LINE]
    sent: dict[str, Any] = {"lines-TOTAL_FORMS": str(len(rows)), "lines-INITIAL_FORMS": "0"}
    for at, row in enumerate(rows):
        sent |= {f"lines-{at}-{name}": value for name, value in row.items()}
    return sent
