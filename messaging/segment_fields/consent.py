"""What somebody agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.scope import current_workspace_id
from customers.segment_fields import WHO_COUNTS
from customers.segments.comparing import Operator, ValueWanted
from customers.segments.definitions import Condition
from customers.segments.fields import Frame, Question, SegmentField, value_of
from customers.staging import bigints
from messaging.events import ConfirmationLapsed, ConsentAsked, ConsentConfirmed, ConsentGiven, ConsentWithdrawn
from messaging.models import ConsentState
from messaging.models.consent import confirmed_in_sql
from messaging.segment_fields.topics import topic_choices, topics_called

CONSENT = gettext_lazy("Consent")
_CONSENTING = frozenset(
    event.kind for event in (ConsentGiven, ConsentConfirmed, ConsentAsked, ConsentWithdrawn, ConfirmationLapsed)
)
_STATE_OF_OPERATOR = {
    "given": ConsentState.GIVEN,
    "confirmed": ConsentState.GIVEN,
    "withdrawn": ConsentState.WITHDRAWN,
    "pending": ConsentState.PENDING,
}
# The newest word on a topic counts, by the index `consent_newest_first` alone.
_NEWEST_WORDS = """
select said.customer_id from (
  select distinct on (customer_id, topic_id) customer_id, state, CONFIRMED as is_confirmed
  from messaging_consentrecord word
  where workspace_id = %s and topic_id = any(%s::bigint[]) {those} order by customer_id, topic_id, at desc, id desc
) as said where said.state = %s{confirmed}
""".replace("CONFIRMED", confirmed_in_sql("word"))


@dataclass(frozen=True)
class ConsentQuestion(Question):
    """Whose newest word on any of the topics is `state`; without one, who never said anything on any of them."""

    topics: Sequence[int]
    state: str | None
    is_confirmed: bool = False

    def ask(self, frame: Frame) -> Q:
        those, params = "", [current_workspace_id(), bigints(self.topics)]
        if frame.ids is not None:
            those, params = "and customer_id = any(%s::bigint[])", [*params, bigints(frame.ids)]
        if self.state is None:
            sql = f"""select customer_id from messaging_consentrecord
                      where workspace_id = %s and topic_id = any(%s::bigint[]) {those}"""  # noqa: S608  our own words
            return ~frame.among(RawSQL(sql, params))  # noqa: S611
        confirmed = " and said.is_confirmed" if self.is_confirmed else ""
        return frame.among(RawSQL(_NEWEST_WORDS.format(those=those, confirmed=confirmed), [*params, self.state]))  # noqa: S611

    def is_certain(self, frame: Frame) -> bool:
        return True


@dataclass(frozen=True)
class ConsentField(SegmentField):
    """Topics by their keys."""

    key: str
    label: str | Promise
    group: str | Promise = CONSENT
    listens: frozenset[str] = WHO_COUNTS | _CONSENTING

    @property
    def operators(self) -> Mapping[str, Operator]:
        return {
            "given": Operator(gettext_lazy("was given to any of"), ValueWanted.CHOICES),
            "confirmed": Operator(gettext_lazy("was given and confirmed to any of"), ValueWanted.CHOICES),
            "withdrawn": Operator(gettext_lazy("was withdrawn from any of"), ValueWanted.CHOICES),
            "pending": Operator(gettext_lazy("waits for confirmation of any of"), ValueWanted.CHOICES),
            "never": Operator(gettext_lazy("was never asked for any of"), ValueWanted.CHOICES),
        }

    def question(self, condition: Condition) -> Question:
        topics = topics_called(value_of(condition, self), part="value")
        return ConsentQuestion(topics, _STATE_OF_OPERATOR.get(condition.operator), condition.operator == "confirmed")

    def choices(self) -> list[tuple[str, str]]:
        return topic_choices()


CONSENT_FIELDS = (ConsentField("consent", gettext_lazy("Consent")),)
