"""What the links of a message lead to. Whoever follows one changes nothing: scanners do. A POST does."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import client_ip
from customers.models import Customer
from messaging import actions
from messaging.actions import Evidence
from messaging.addresses import hash_address, mask_address
from messaging.forms import PreferencesForm
from messaging.links import CONFIRMATION, PREFERENCES, UNSUBSCRIBE, preferences_of
from messaging.models import ConsentSource, Message
from messaging.queries import topics_asked
from messaging.views.doors import PublicRequest, behind_link, link_gone

page = require_http_methods(["GET", "HEAD", "POST"])


@behind_link(UNSUBSCRIBE)
@page
def unsubscribe(request: PublicRequest, message: Message, customer: Customer) -> HttpResponse:
    """Also what a mail program posts to by itself (RFC 8058): no cookie, no redirect, as often as it likes."""
    choice = request.POST.get("choice", "topic")
    if request.method == "POST":
        evidence = Evidence(source=ConsentSource.UNSUBSCRIBE, detail=f"message {message.pk}", ip=client_ip(request))
        actions.unsubscribe(message, customer, from_everything=choice == "everything", evidence=evidence)
    words = {"topic": message.topic, "address": mask_address(message.address), "choice": choice}
    words["preferences_url"] = preferences_of(message)
    template = "unsubscribed" if request.method == "POST" else "unsubscribe"
    return render(request, f"messaging/{template}.html", words)


@behind_link(PREFERENCES)
@page
def preferences(request: PublicRequest, message: Message, customer: Customer) -> HttpResponse:
    if hash_address(customer.email_norm) != message.address_hash:
        # The message went to an address that is the customer's no more, and perhaps never was.
        return link_gone(request)
    form = PreferencesForm(request.POST or None, customer=customer)
    if request.method == "POST" and (done := _choose(request, form, message, customer)):
        messages.success(request, done)
        return redirect(request.path)
    words = {"form": form, "address": mask_address(message.address)}
    return render(request, "messaging/preferences.html", words, status=422 if form.errors else 200)


def _choose(request: PublicRequest, form: PreferencesForm, message: Message, customer: Customer) -> str:
    """What was done, in words; empty if something is wrong with the form."""
    evidence = Evidence(
        source=ConsentSource.PREFERENCES, detail=f"message {message.pk}", ip=client_ip(request), message=message
    )
    if "leave" in request.POST:
        actions.unsubscribe(message, customer, from_everything=True, evidence=evidence)
        return _("You will get no more messages from us.")
    if "resume" in request.POST:
        actions.end_pause(customer)
        return _("The pause is over: we write to you again.")
    if not form.is_valid():
        return ""
    actions.choose_preferences(customer, form.choices, evidence=evidence)
    if form.keeps_pause:
        return _("Saved. The pause that you chose meanwhile goes on; you can end it here.")
    return _("Saved.")


@behind_link(CONFIRMATION)
@page
def confirmation(request: PublicRequest, message: Message, customer: Customer) -> HttpResponse:
    if hash_address(customer.email_norm) != message.address_hash:
        return link_gone(request)
    if request.method == "POST":
        topics = actions.confirm_subscription(message, ip=client_ip(request))
        return render(request, "messaging/confirmed.html", {"topics": topics})
    return render(request, "messaging/confirmation.html", {"topics": topics_asked(message)})
