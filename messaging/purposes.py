"""What a message is for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Purpose(models.TextChoices):
    CAMPAIGN = "campaign", _("Campaign message")
    FLOW = "flow", _("Message of a flow")
    BIRTHDAY = "birthday", _("Birthday greeting")
    CONFIRMATION = "confirmation", _("Confirmation of a subscription")
    TEST = "test", _("Test message")
    NOTICE = "notice", _("Notice to staff")
