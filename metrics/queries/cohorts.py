from __future__ import annotations

from datetime import date

from django.db import connection

from accounts.scope import current_workspace_id


def monthly_cohorts() -> dict[date, dict[int, int]]:
    """Customers by the month of their first order, and how many of them ordered n months later.

    `{month: {0: size, 1: active a month later, …}}`. The usual retention triangle, by calendar months.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with active as (
              select distinct customer_id, date_trunc('month', day)::date as month from metrics_countedorder
              where workspace_id = %s and customer_id is not null
            ), aged as (
              select month, min(month) over (partition by customer_id) as cohort from active
            )
            select cohort,
                   (extract(year from month) - extract(year from cohort)) * 12
                     + extract(month from month) - extract(month from cohort), count(*)
            from aged group by 1, 2 order by 1, 2
            """,
            [current_workspace_id()],
        )
        cohorts: dict[date, dict[int, int]] = {}
        for cohort, age, customers in cursor.fetchall():
            cohorts.setdefault(cohort, {})[int(age)] = customers
    return cohorts
