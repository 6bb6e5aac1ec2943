from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from metrics import overview as shown
from metrics import queries
from metrics.definitions import METRICS
from metrics.forms import PeriodForm, RowsForm
from metrics.periods import Period

PAGE = 50
BIRTHDAYS_SHOWN = 8


@permits(Permission.VIEW_METRICS)
@require_safe
def overview(request: WorkspaceRequest) -> HttpResponse:
    today = timezone.localdate()
    form = PeriodForm(request.GET, today=today)
    period = form.chosen
    words = {
        "form": form,
        "period": period,
        "customers": queries.customers_total(),
        "tiles": shown.tiles(period, form.comparison),
        "channel_chart": shown.channel_chart(period),
        "repeat_chart": shown.repeat_chart(queries.repeat_curve(), period),
        "birthdays": shown.birthdays(today, limit=BIRTHDAYS_SHOWN),
        "birthdays_url": shown.rows_url("birthdays", period),
    }
    return render(request, "metrics/overview.html", words, status=422 if form.errors else 200)


@permits(Permission.VIEW_METRICS)
@require_safe
def metric_rows(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The rows that a figure counted, newest first."""
    form = RowsForm(request.GET)
    if key not in METRICS or not form.is_valid():
        raise Http404("No figure opens here. Follow the figure on the overview.")
    asked = form.cleaned_data
    counted = queries.counted_rows(
        key,
        Period(asked["first"], asked["last"]),
        channel=asked["channel"] if asked["in_channel"] else None,
        at_least=asked["at_least"] or 1,
        today=timezone.localdate(),
    )
    page = shown.page_of(counted, METRICS[key], cursor=asked["cursor"], size=PAGE)
    words = {"metric": METRICS[key], "page": page, "count": counted.count(), "asked": asked}
    return render(request, "metrics/metric_rows.html", words)
