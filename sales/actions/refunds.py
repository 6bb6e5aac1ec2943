from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sales.actions.amounts import Exchange
from sales.actions.instants import refuse_instant
from sales.events import OrderRefunded
from sales.models import Order, Refund
from sales.refusals import AmountRefused, KeyReused, OrderClosed, RefundTooLarge, clean_columns
from timeline.recording import record


@transaction.atomic
def refund_order(
    order: Order, *, amount_minor: int, reason: str = "", key: str = "", refunded_at: datetime | None = None
) -> Refund:
    """Give back part or all, in minor units of the order's currency. The same `key` again gives the same refund.

    Raises AmountRefused, RefundTooLarge, KeyReused, OrderClosed.
    """
    order = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if key and (earlier := Refund.objects.filter(order=order, key=key).first()):
        if earlier.amount_minor != amount_minor:
            raise KeyReused(_("This key was used for a refund of another amount."), field="key")
        return earlier
    _refuse(order, amount_minor)
    refund = Refund(
        order=order,
        key=key,
        amount_minor=amount_minor,
        value_minor=_value(order, amount_minor),
        reason=reason,
        refunded_at=refunded_at or timezone.now(),
    )
    refuse_instant(refund.refunded_at, field="refunded_at", label="time of the refund")
    clean_columns(refund)
    refund.save()
    order.refunded_minor += refund.amount_minor
    order.refunded_value_minor += refund.value_minor
    order.updated_at = timezone.now()
    order.save(update_fields=["refunded_minor", "refunded_value_minor", "updated_at"])
    record(
        OrderRefunded(
            customer_id=order.customer_id,
            order_id=order.pk,
            refund_id=refund.pk,
            value_minor=refund.value_minor,
            occurred_at=refund.refunded_at,
        )
    )
    return refund


def _refuse(order: Order, amount_minor: int) -> None:
    if order.archived_at is not None:
        raise OrderClosed(_("Order %(number)s is archived. Restore it first.") % {"number": order.number})
    if amount_minor <= 0:
        raise AmountRefused(_("A refund must be above 0."), field="amount_minor")
    if amount_minor > order.refundable_minor:
        raise RefundTooLarge(_("This is more than what is left of the order."), field="amount_minor")


def _value(order: Order, amount_minor: int) -> int:
    """In the workspace's currency. Rounded on the running sum, so that parts come to exactly what the whole would."""
    exchange = Exchange(order.currency, order.rate_micros)
    return exchange.worth(order.refunded_minor + amount_minor) - order.refunded_value_minor
