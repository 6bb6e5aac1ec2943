from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.paging import id_cursor
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from timeline import actions, queries
from timeline.models import DeadLetter

PAGE = 50


@permits(Permission.VIEW_AUDIT)
@require_safe
def dead_letter_list(request: WorkspaceRequest) -> HttpResponse:
    letters = queries.dead_letters_page(before=id_cursor(request), size=PAGE + 1)
    next_cursor = letters[PAGE - 1][0].pk if len(letters) > PAGE else None
    words = {"letters": letters[:PAGE], "next_cursor": next_cursor}
    return render(request, "timeline/dead_letter_list.html", words)


@permits(Permission.EDIT_WORKSPACE)
@require_POST
def dead_letter_replay(request: WorkspaceRequest, dead_letter_id: int) -> HttpResponse:
    letter = get_object_or_404(DeadLetter, pk=dead_letter_id, settled_at=None)
    if actions.replay_dead_letter(letter):
        messages.success(request, _("The event was taken this time."))
    else:
        messages.error(request, _("It failed again; what went wrong stands beside it."))
    return redirect("timeline:dead_letter_list")
