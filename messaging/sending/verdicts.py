"""What the relay's words mean for a message, and for the relay."""

from __future__ import annotations

from collections import Counter

from messaging.actions.outcomes import Outcome
from messaging.models import MessageState
from messaging.reasons import Reason
from messaging.sending.connections import Connection, Happening, Held, Lost, Refused, Stage, Taken

BACK_OFF = 60  # seconds, twice as long with each attempt
# So often in a row without one that was taken, and it is the relay that has had enough, not the recipients.
MOST_PUT_OFF = 20
MOST_LOST = 3
MOST_PUT_OFF_BY_DOMAIN = 5


class Verdicts:
    """Counted over one shipment. `trouble` is why it was broken off: what the relay said, unless it `is_ours`."""

    def __init__(self) -> None:
        self.sent = 0
        self.trouble = ""
        self.is_ours = False
        self._put_off_in_a_row = self._lost_in_a_row = 0
        self._put_off: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()

    def on(self, what: Happening, where: Connection) -> Outcome | None:
        match what:
            case Taken():
                return self._on_taken(what)
            case Refused():
                return self._on_refused(what, where)
            case Lost():
                return self._on_lost(what, where)
            case Held():
                return None

    def weary_domains(self) -> list[str]:
        """Domains that put everything off, while the relay itself takes messages."""
        return [
            domain
            for domain, count in self._put_off.items()
            if count >= MOST_PUT_OFF_BY_DOMAIN and not self._taken[domain]
        ]

    def _on_taken(self, what: Taken) -> Outcome:
        self.sent += 1
        self._put_off_in_a_row = self._lost_in_a_row = 0
        self._taken[domain_of(what.envelope.recipient)] += 1
        return Outcome(what.envelope.key, MessageState.SENT, reply=str(what.reply))

    def _on_refused(self, what: Refused, where: Connection) -> Outcome:
        key, reply = what.envelope.key, str(what.reply)
        is_about_us = what.stage == Stage.MAIL or (what.reply.is_goodbye and not where.taken)
        if not what.reply.is_passing and not is_about_us:
            return Outcome(key, MessageState.FAILED, reason=Reason.REFUSED, reply=reply)
        self._put_off_in_a_row += 1
        self._put_off[domain_of(what.envelope.recipient)] += 1
        if is_about_us or self._put_off_in_a_row >= MOST_PUT_OFF:
            self.trouble = reply
        return Outcome(key, MessageState.QUEUED, reply=reply, back_off=BACK_OFF)

    def _on_lost(self, what: Lost, where: Connection) -> Outcome:
        """A lost connection is an attempt only for the message that it ended over; others happened to be on it.

        It may be the relay's trouble all the same. But a message that ends every connection must fail in the end, and
        attempts stand far enough apart, two hours for all of them, for a relay to come back.
        """
        if not where.taken:
            self._lost_in_a_row += 1
            if self._lost_in_a_row >= MOST_LOST:
                self.trouble = what.why
        if what.is_in_doubt:
            return Outcome(what.envelope.key, MessageState.UNKNOWN, reply=what.why)
        return Outcome(
            what.envelope.key,
            MessageState.QUEUED,
            reason=Reason.HUNG_UP,
            reply=what.why,
            is_try=what.is_suspect,
            back_off=BACK_OFF,
        )


def put_back(message_id: int) -> Outcome:
    """It certainly has not left."""
    return Outcome(message_id, MessageState.QUEUED, is_try=False)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()
