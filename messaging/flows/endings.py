"""Why somebody's way through a flow ended: the codes that are stored, and the words for them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models import EnrolmentState
from messaging.reasons import Reason


class Ending(models.TextChoices):
    COMPLETED = "completed", _("All steps were done.")
    GOAL = "goal", _("The goal was reached.")
    EXIT_STEP = "exit_step", _("A step of the flow ended it.")
    EXIT_RULE = "exit_rule", _("An exit rule of the flow held.")
    SWITCHED_OFF = "switched_off", _("The flow was switched off.")
    BY_HAND = "by_hand", _("Somebody took the customer out.")
    GONE = "gone", _("The customer was erased.")
    HELD_OUT = "held_out", _("Held out, to measure what this flow brings: no step of it happens.")
    MERGED = "merged", _("The customer was merged with somebody who was on the same way.")


# At its end; all others left early.
DONE = (Ending.COMPLETED, Ending.GOAL)
# What is told of a message that could not leave any more.
REASON_OF_ENDING = {Ending.GOAL: Reason.GOAL_REACHED, Ending.EXIT_RULE: Reason.EXIT_RULE}


def state_after(ending: Ending) -> EnrolmentState:
    return EnrolmentState.DONE if ending in DONE else EnrolmentState.EXITED


def ending_in_words(code: str) -> str:
    return str(Ending(code).label) if code in Ending.values else code.replace("_", " ")
