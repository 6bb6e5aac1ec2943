"""The plans of a batch into the tables, set-based, with the events of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils import timezone

from accounts.scope import current_workspace_id
from customers.staging import execute, insert_select, next_ids, stage
from sales.events import OrderCancelled, OrderChanged, OrderFulfilled, OrderPaid, OrderPlaced, OrderRefunded
from sales.models import Order, OrderLine, Refund
from sales.upserting.plans import COLUMNS, STAMPS, Plan, State, column_values
from timeline.recording import record_many, record_select
from timeline.registry import EventBody

_TYPES = {
    "channel": "text",
    "placed_at": "timestamptz",
    "placed_on": "date",
    "currency": "text",
    "paid_at": "timestamptz",
    "fulfilled_at": "timestamptz",
    "cancelled_at": "timestamptz",
}
_STAGED = ", ".join(
    ("id bigint", "is_new boolean", "number text", *(f"{name} {_TYPES.get(name, 'bigint')}" for name in COLUMNS))
)
_STAMPED = {"paid_at": OrderPaid, "fulfilled_at": OrderFulfilled, "cancelled_at": OrderCancelled}


def write_orders(plans: Sequence[Plan], *, system: str) -> None:
    """Ordered by number, so that two batches with the same new orders wait for each other and never deadlock."""
    if not plans:
        return
    ordered = sorted(plans, key=lambda plan: plan.number)
    stage(
        "staged_orders",
        _STAGED,
        [(plan.id, plan.before is None, plan.number, *column_values(plan.after)) for plan in ordered],
    )
    new = sum(plan.before is None for plan in plans)
    if new:
        _insert(system=system)
    if new < len(plans):
        _update([plan.id for plan in plans if plan.before is not None])
    _write_lines([plan for plan in plans if plan.lines is not None])
    _record_new([plan.after for plan in plans if plan.before is None])
    refunds = list(_refunds(plans))
    _write_refunds(refunds)
    record_many([*_changes(plans), *(event for _, _, event in refunds)])


def _insert(*, system: str) -> None:
    insert_select(
        Order,
        {name: f"s.{name}" for name in ("id", "number", *COLUMNS)},
        "staged_orders s where s.is_new",
        constants={"source": system},
    )


def _update(ids: Sequence[int]) -> None:
    execute(
        "select from sales_order where workspace_id = %s and id = any(%s) order by id for no key update",
        [current_workspace_id(), list(ids)],
    )
    execute(
        f"""update sales_order o set updated_at = statement_timestamp(), {", ".join(f"{c} = s.{c}" for c in COLUMNS)}
            from staged_orders s where not s.is_new and o.workspace_id = %s and o.id = s.id""",  # noqa: S608  our names
        [current_workspace_id()],
    )


def _write_lines(plans: Sequence[Plan]) -> None:
    if known := [plan.id for plan in plans if plan.before is not None]:
        execute(
            "delete from sales_orderline where workspace_id = %s and order_id = any(%s)",
            [current_workspace_id(), known],
        )
    lines = [(plan.id, position, *line) for plan in plans for position, line in enumerate(plan.lines or (), start=1)]
    if not lines:
        return
    columns = ("order_id", "position", "product_id", "description", "quantity", "unit_price_minor", "total_minor")
    stage(
        "staged_order_lines",
        "order_id bigint, position int, product_id bigint, description text, quantity int,"
        " unit_price_minor bigint, total_minor bigint",
        lines,
    )
    insert_select(OrderLine, {name: f"s.{name}" for name in columns}, "staged_order_lines s")


def _record_new(states: Sequence[State]) -> None:
    if not states:
        return
    record_select(
        OrderPlaced,
        """select customer_id, placed_at as occurred_at, id as order_id, value_minor
           from staged_orders where is_new order by placed_at, id""",
        [],
    )
    for stamp, event in _STAMPED.items():
        if any(getattr(state, stamp) for state in states):
            record_select(
                event,
                f"""select customer_id, {stamp} as occurred_at, id as order_id
                    from staged_orders where is_new and {stamp} is not null order by {stamp}, id""",  # noqa: S608  ours
                [],
            )


def _changes(plans: Sequence[Plan]) -> Iterator[EventBody]:
    """What happened to orders that were known; on both customers where one moved, so that the facts of both follow."""
    for plan in plans:
        if plan.before is None:
            continue
        buyer = plan.after.customer_id
        if plan.is_changed_beyond_stamps:
            yield from OrderChanged.on_both(order_id=plan.id, before=plan.before.customer_id, after=buyer)
        for stamp in STAMPS:
            at = getattr(plan.after, stamp)
            if at is not None and at != getattr(plan.before, stamp):
                yield _STAMPED[stamp](customer_id=buyer, order_id=plan.id, occurred_at=at)


def _refunds(plans: Sequence[Plan]) -> Iterator[tuple[Plan, int, OrderRefunded]]:
    """Each plan that gives money back, with the amount in the order's currency and the event."""
    given_back = [
        plan for plan in plans if plan.after.refunded_minor > (plan.before.refunded_minor if plan.before else 0)
    ]
    for plan, pk in zip(given_back, next_ids(Refund, len(given_back)), strict=True):
        known, known_value = (plan.before.refunded_minor, plan.before.refunded_value_minor) if plan.before else (0, 0)
        yield (
            plan,
            plan.after.refunded_minor - known,
            OrderRefunded(
                customer_id=plan.after.customer_id,
                order_id=plan.id,
                refund_id=pk,
                value_minor=plan.after.refunded_value_minor - known_value,
                # A file tells how much, and not when: of an order that is new to us, as early as it can have been.
                occurred_at=timezone.now() if plan.before else plan.after.placed_at,
            ),
        )


def _write_refunds(refunds: Sequence[tuple[Plan, int, OrderRefunded]]) -> None:
    """Known by the sum that they lead to, so that the same sum given twice is one refund."""
    if refunds:
        stage(
            "staged_refunds",
            "id bigint, order_id bigint, key text, amount_minor bigint, value_minor bigint, refunded_at timestamptz",
            [
                (
                    event.refund_id,
                    plan.id,
                    f"sum:{plan.after.refunded_minor}",
                    amount,
                    event.value_minor,
                    event.occurred_at,
                )
                for plan, amount, event in refunds
            ],
        )
        columns = ("id", "order_id", "key", "amount_minor", "value_minor", "refunded_at")
        insert_select(Refund, {name: f"s.{name}" for name in columns}, "staged_refunds s")
