from __future__ import annotations

import pytest

from crm.embedded.workloads import meant_by

NAMES = ["import_customers", "import_orders", "importance", "search"]


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("search", ["search"]),
        ("import", ["import_customers", "import_orders"]),
        ("import_orders", ["import_orders"]),
        ("sea", []),
        ("", []),
    ],
)
def test_a_word_means_a_workload_or_those_that_begin_with_it(word: str, names: list[str]) -> None:
    assert meant_by(word, NAMES) == names
