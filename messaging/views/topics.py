from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.refusals import Refused
from customers.views.refusals import refusal_told
from messaging import actions, queries
from messaging.forms import ConfirmationPolicyForm, TopicForm
from messaging.models import SubscriptionTopic


@permits(Permission.EDIT_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def topic_list(request: WorkspaceRequest) -> HttpResponse:
    form = TopicForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            topic = actions.add_topic(**form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, _("%s was added.") % topic)
            return redirect("messaging:topic_list")
    words = {"form": form, "policy": ConfirmationPolicyForm(), "topics": queries.topics_with_counts()}
    return render(request, "messaging/topic_list.html", words, status=422 if form.errors else 200)


@permits(Permission.EDIT_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def topic_edit(request: WorkspaceRequest, topic_id: int) -> HttpResponse:
    topic = get_object_or_404(SubscriptionTopic, pk=topic_id)
    form = TopicForm(request.POST or None, topic=topic)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_topic(topic, **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, _("Saved."))
            return redirect("messaging:topic_list")
    [count] = queries.topics_with_counts(only=topic)
    words = {"form": form, "topic": topic, "count": count}
    return render(request, "messaging/topic_edit.html", words, status=422 if form.errors else 200)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def confirmation_policy(request: WorkspaceRequest) -> HttpResponse:
    """Whether the topics that follow the workspace want consent confirmed."""
    form = ConfirmationPolicyForm(request.POST)
    form.is_valid()
    turned = actions.set_confirmation_policy(**form.cleaned_data)
    names = ", ".join(str(topic) for topic in turned)
    messages.success(request, _("Saved. This changes: %(names)s.") % {"names": names} if turned else _("Saved."))
    return redirect("messaging:topic_list")


@permits(Permission.SEND_MESSAGES)
@require_POST
def topic_confirmations(request: WorkspaceRequest, topic_id: int) -> HttpResponse:
    """Ask those who agreed and have not confirmed, each of them once."""
    topic = get_object_or_404(SubscriptionTopic, pk=topic_id)
    count = actions.ask_unconfirmed(topic)
    words = ngettext("%(count)s customer is asked to confirm.", "%(count)s customers are asked to confirm.", count)
    messages.success(request, words % {"count": count} if count else _("All of them were asked already."))
    return redirect("messaging:topic_edit", topic.pk)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def topic_archival(request: WorkspaceRequest, topic_id: int) -> HttpResponse:
    topic = get_object_or_404(SubscriptionTopic, pk=topic_id)
    with refusal_told(request):
        actions.archive_topic(topic)
        messages.success(request, _("%s is archived: nobody is asked for it or written to about it.") % topic)
    return redirect("messaging:topic_list")


@permits(Permission.EDIT_MESSAGES)
@require_POST
def topic_restoration(request: WorkspaceRequest, topic_id: int) -> HttpResponse:
    topic = get_object_or_404(SubscriptionTopic, pk=topic_id)
    with refusal_told(request):
        actions.restore_topic(topic)
        messages.success(request, _("%s is back.") % topic)
    return redirect("messaging:topic_list")
