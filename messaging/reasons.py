"""Why a message was not sent: the codes that are stored, and the one place that puts them into words."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models import SuppressionReason


class Reason(models.TextChoices):
    """The label is the whole sentence that staff read."""

    # The customer
    ERASED = "erased", _("The customer asked to be forgotten.")
    ARCHIVED = "archived", _("The customer is archived.")
    WANTS_NO_CONTACT = "wants_no_contact", _("The customer asked not to be contacted.")
    # The address
    NO_ADDRESS = "no_address", _("The customer has no e-mail address.")
    BAD_ADDRESS = "bad_address", _("The e-mail address is not one that mail can be sent to.")
    ADDRESS_CHANGED = "address_changed", _("The customer's e-mail address was changed after the message was prepared.")
    BOUNCED = "bounced", _("The address is blocked: an earlier message came back because it does not exist.")
    SOFT_BOUNCES = "soft_bounces", _("The address is blocked: it refused message after message.")
    COMPLAINED = "complained", _("The address is blocked: its owner marked an earlier message as spam.")
    UNSUBSCRIBED = "unsubscribed", _("The recipient unsubscribed from everything.")
    BLOCKED = "blocked", _("The address was blocked by hand.")
    # The consent
    NO_CONSENT = "no_consent", _("The customer never agreed to this topic.")
    NOT_CONFIRMED = "not_confirmed", _("The customer has not confirmed the subscription to this topic yet.")
    WITHDRAWN = "withdrawn", _("The customer unsubscribed from this topic.")
    TOPIC_ARCHIVED = "topic_archived", _("The topic is archived.")
    # The workspace's policies; a message that has one of these and is queued waits, and goes later
    QUIET_HOURS = "quiet_hours", _("It is quiet hours where the customer lives.")
    CAPPED = "capped", _("The customer has been sent as many messages as your limit for each customer allows.")
    # What customers asked for on their preference page; the same
    PAUSED = "paused", _("The customer has paused marketing messages for a while.")
    LESS_OFTEN = "less_often", _("The customer wants no more than one message a week, and has had it.")
    # The relay
    RENDER_ERROR = "render_error", _("The text could not be filled in for this customer.")
    REFUSED = "refused", _("The mail server refused the message.")
    GAVE_UP = "gave_up", _("The mail server put the message off again and again.")
    HUNG_UP = "hung_up", _("The mail server hung up on the message again and again, before it took it.")
    NOT_ACCEPTED = "not_accepted", _("The mail server never took the message.")
    # Staff
    CANCELLED = "cancelled", _("Somebody cancelled the message before it left.")
    DECIDED = "decided", _("Somebody decided that the message did not leave.")
    # The flow
    LEFT_FLOW = "left_flow", _("The customer had left the flow before the message could leave.")
    EXIT_RULE = "exit_rule", _("What ends the flow had happened before the message could leave.")
    GOAL_REACHED = "goal_reached", _("What the flow was for had happened before the message could leave.")
    # The automation
    SWITCHED_OFF = "switched_off", _("The automation was switched off before the message left.")
    RECONSIDERED = (
        "reconsidered",
        _("The customer's record was changed before the message left; it was looked at again."),
    )
    HOLDOUT = "holdout", _("The customer was held out of the campaign, to compare with those who were written to.")
    CAMPAIGN_CANCELLED = "campaign_cancelled", _("The campaign was cancelled before the message left.")
    BIRTHDAY_MOVED = "birthday_moved", _("The birthday was changed before the message left.")
    GREETED_LATELY = "greeted_lately", _("The customer was already greeted within the last 300 days.")
    TOO_LATE = "too_late", _("The day was over before the message could leave.")


# Taken back by its own automation before it left: if that wants it again, it is queued again.
TAKEN_BACK = [Reason.SWITCHED_OFF.value, Reason.RECONSIDERED.value]
# Kept back until the customer agrees: then its automation may want it again.
WANTS_CONSENT = [Reason.NO_CONSENT.value, Reason.NOT_CONFIRMED.value, Reason.WITHDRAWN.value]
REASON_OF_SUPPRESSION = {
    SuppressionReason.BOUNCED: Reason.BOUNCED,
    SuppressionReason.SOFT_BOUNCES: Reason.SOFT_BOUNCES,
    SuppressionReason.COMPLAINED: Reason.COMPLAINED,
    SuppressionReason.UNSUBSCRIBED: Reason.UNSUBSCRIBED,
    SuppressionReason.MANUAL: Reason.BLOCKED,
}


def reason_in_words(code: str) -> str:
    """A code that a later version no longer knows is shown as it is."""
    return str(Reason(code).label) if code in Reason.values else code.replace("_", " ")
