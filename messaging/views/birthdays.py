from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.views.refusals import refusal_told
from messaging import actions, queries
from messaging.forms import GreetingForm
from messaging.previewing import preview_text
from messaging.purposes import Purpose
from messaging.rendering import BadTemplate, variables_of
from messaging.views.letters import filled_in_for, in_a_sandbox, letter, letter_refused

RANGES = (7, 14, 30)


@permits(Permission.EDIT_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def birthday_greeting(request: WorkspaceRequest) -> HttpResponse:
    greeting = queries.birthday_greeting()
    form = GreetingForm(request.POST or None, greeting=greeting)
    if request.method == "POST" and form.is_valid() and _write(request, form):
        messages.success(request, _("Saved. What waits in the queue already keeps its words."))
        return redirect("messaging:birthday_greeting")
    words = {"form": form, "greeting": greeting, "variables": variables_of(Purpose.BIRTHDAY)}
    return render(request, "messaging/birthday_greeting.html", words, status=422 if form.errors else 200)


@permits(Permission.EDIT_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
@in_a_sandbox
def greeting_preview(request: WorkspaceRequest) -> HttpResponse:
    """Of what stands in the form, saved or not. Writes nothing."""
    form = GreetingForm(request.POST or None, greeting=queries.birthday_greeting())
    customer, to = filled_in_for(request.POST.get("preview_for", ""))
    words = request.POST if request.method == "POST" else form.initial
    subject, body = str(words.get("subject", "")), str(words.get("body", ""))
    try:
        rendered = preview_text(subject, body, template_key=Purpose.BIRTHDAY, customer=customer)
    except BadTemplate as error:
        return letter_refused(str(error), status=422)
    return letter(rendered.html, recipient=to, subject=rendered.subject)


@permits(Permission.SEND_MESSAGES)
@require_POST
def greeting_switch(request: WorkspaceRequest) -> HttpResponse:
    with refusal_told(request):
        if request.POST.get("is_on") == "1":
            actions.switch_on_greeting()
            messages.success(request, _("Switched on. Whoever has their birthday today is greeted today."))
        else:
            count = actions.switch_off_greeting()
            taken = ngettext("%d greeting was taken back.", "%d greetings were taken back.", count) % count
            messages.success(request, _("Switched off.") + (f" {taken}" if count else ""))
    return redirect("messaging:birthday_greeting")


@permits(Permission.SEND_MESSAGES)
@require_POST
def greeting_test(request: WorkspaceRequest) -> HttpResponse:
    """The saved words, to oneself."""
    actions.send_test_greeting(request.user)
    messages.success(request, _("A test is on its way to %s.") % request.user.email)
    return redirect("messaging:birthday_greeting")


@permits(Permission.VIEW_MESSAGES)
@require_safe
def birthday_list(request: WorkspaceRequest) -> HttpResponse:
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(each) for each in RANGES} else RANGES[0]
    greeting = queries.birthday_greeting()
    tabs = [{"url": f"?days={each}", "label": _("%d days") % each, "is_current": each == days} for each in RANGES]
    words = {
        "birthdays": queries.birthdays_ahead(days=days, topic=greeting.topic if greeting else None),
        "greeting": greeting,
        "tabs": tabs,
        "most_shown": queries.MOST_SHOWN,
    }
    return render(request, "messaging/birthday_list.html", words)


def _write(request: WorkspaceRequest, form: GreetingForm) -> bool:
    try:
        actions.write_greeting(**form.cleaned_data, written_by=request.user)
    except BadTemplate as error:
        form.add_error(error.field, str(error))
        return False
    return True
