from metrics.queries.cohorts import monthly_cohorts
from metrics.queries.figures import Figures, figures, orders_by_channel
from metrics.queries.people import birthdays_ahead, customers_total, repeat_curve
from metrics.queries.rows import counted_rows

__all__ = [
    "Figures",
    "birthdays_ahead",
    "counted_rows",
    "customers_total",
    "figures",
    "monthly_cohorts",
    "orders_by_channel",
    "repeat_curve",
]
