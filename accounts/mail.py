"""Mail to the people who use Rapport. Mail to customers is messaging's."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Invitation

log = logging.getLogger(__name__)


def invitation_url(secret: str) -> str:
    """Absolute, and never below a workspace's script prefix."""
    path = reverse("invitation_detail", urlconf=settings.ROOT_URLCONF, args=[secret])
    return str(settings.PUBLIC_URL).rstrip("/") + path[path.index("/accounts/") :]


def send_invitation(invitation: Invitation, secret: str) -> None:
    """Sent after the commit. If the relay is away the invitation still stands: its link is shown to who invited."""
    words = {"invitation": invitation, "url": invitation_url(secret)}
    try:
        send_mail(
            subject=_("%(workspace)s invites you to Rapport") % {"workspace": invitation.workspace.name},
            message=render_to_string("emails/invitation.txt", words),
            from_email=settings.DEFAULT_FROM_EMAIL,
            recipient_list=[invitation.email],
        )
    except OSError:
        log.warning("the invitation %s could not be mailed", invitation.pk, exc_info=True)
