"""Being among the rows of a query."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet, Subquery
from django.db.models.expressions import RawSQL


class IsIn(Func):
    """`pk in (…)` of the customer, as `exists`: the planner can make that a join, also of its contrary.

    `not in` is no join, and where what it is compared with does not fit into `work_mem`, that is read again for every
    customer. The rows' only column is the customer's id, and it is never null.
    """

    output_field = BooleanField()

    def __init__(self, rows: QuerySet[Any, Any] | RawSQL) -> None:
        super().__init__(F("pk"), Subquery(rows.order_by()) if isinstance(rows, QuerySet) else rows)

    def as_sql(self, compiler: Any, connection: Any, *_words: Any, **_context: Any) -> tuple[str, tuple[Any, ...]]:
        column, rows = self.get_source_expressions()
        sought, sought_params = compiler.compile(column)
        found, found_params = compiler.compile(rows)
        sql = f"exists (select from {found} as found(customer_id) where found.customer_id = {sought})"
        return sql, (*found_params, *sought_params)
