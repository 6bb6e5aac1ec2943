from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from messaging.actions.leaving import end_enrolments
from messaging.flows.endings import Ending, ending_in_words
from messaging.models import Enrolment, FlowEntrance, Message
from messaging.personal_data.by_customer import ByCustomer


class EnrolmentsData(ByCustomer):
    """Erased, a way through a flow ends, and keeps only when that was.

    Of two who are one person, a way that the survivor has been (or is on) already stays behind; nobody is written to
    twice by the merge.
    """

    model = Enrolment
    label = _("Ways through flows")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for enrolment in self.rows(customer).select_related("flow").order_by("pk"):
            yield {
                "flow": enrolment.flow.name,
                "state": enrolment.get_state_display(),
                "reason": ending_in_words(enrolment.reason) if enrolment.reason else "",
                "what_happened": enrolment.trail,
                "entered_at": enrolment.entered_at,
                "ended_at": enrolment.ended_at,
            }

    def erase(self, customer: Customer) -> int:
        rows = self.rows(customer)
        end_enrolments(dict.fromkeys(rows.values_list("pk", flat=True), Ending.GONE))
        # A colleague may have been told about the customer, by name.
        Message.objects.filter(enrolment__in=rows.values("pk"), customer=None).update(context={}, reply="")
        return rows.update(context={}, error="")

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        theirs = self.rows(survivor)
        keys = {(each.flow_id, each.entry_key) for each in theirs}
        running = {(each.flow_id, each.subject) for each in theirs if each.is_on_the_way}
        mine = list(self.rows(absorbed).order_by("pk"))
        twice = [each for each in mine if each.is_on_the_way and (each.flow_id, each.subject) in running]
        same = [each for each in mine if (each.flow_id, each.entry_key) in keys]
        end_enrolments(dict.fromkeys([each.pk for each in (*twice, *same)], Ending.MERGED))
        moved = [each.pk for each in mine if each not in same]
        Enrolment.objects.filter(pk__in=moved).update(customer=survivor)
        return moved


class EntrancesData(ByCustomer):
    """When somebody last entered: of two the later counts, so that a merge lets nobody in again too soon."""

    model = FlowEntrance
    label = _("Last entrances into flows")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for entrance in self.rows(customer).select_related("flow").order_by("pk"):
            yield {"flow": entrance.flow.name, "entered_at": entrance.entered_at}

    def erase(self, customer: Customer) -> int:
        return int(self.rows(customer).delete()[0])

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        theirs = {each.flow_id: each for each in self.rows(survivor)}
        moved = []
        for mine in self.rows(absorbed).order_by("pk"):
            if (known := theirs.get(mine.flow_id)) is None:
                moved.append(mine.pk)
            elif known.entered_at < mine.entered_at:
                known.entered_at = mine.entered_at
                known.save(update_fields=["entered_at"])
        FlowEntrance.objects.filter(pk__in=moved).update(customer=survivor)
        return moved
