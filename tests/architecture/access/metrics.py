from __future__ import annotations

from tests.architecture.access.rows import Row

ROWS = {
    "metrics:overview": Row(),
    "metrics:metric_rows": Row(lambda: {"key": "orders"}, query="first=2026-01-01&last=2026-12-31"),
}
