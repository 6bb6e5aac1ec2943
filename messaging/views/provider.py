"""The door for mail providers: signed calls that say what became of messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.models import Workspace
from messaging.inbound.collecting import write_down
from messaging.inbound.providers import Forged, Told, UnreadableCall, is_configured, read_call
from messaging.inbound.reading import IncomingReply, Report


@csrf_exempt
@never_cache
@require_POST
def provider_call(request: HttpRequest, provider: str, kind: str) -> HttpResponse:
    """Answers 200 once all of it is committed, 503 for what comes too early: providers then call again."""
    if not is_configured(provider) or kind not in ("tracking", "inbound"):
        raise Http404
    try:
        told = read_call(request, provider, kind=kind, now=timezone.now())
    except Forged:
        return HttpResponse("The secret or the signature of this call is not the one agreed on.", status=403)
    except UnreadableCall as error:
        return HttpResponse(f"This is not a call that {provider} makes: {error}", status=400, content_type="text/plain")
    if _write_down(told):
        return HttpResponse()
    return HttpResponse("Call again in a moment: a message of this call is only just leaving.", status=503)


def _write_down(told: Sequence[Told]) -> bool:
    """By workspace, each in its scope."""
    reports: defaultdict[str, list[Report]] = defaultdict(list)
    replies: list[tuple[str, IncomingReply]] = []
    for named, said in told:
        if isinstance(said, IncomingReply):
            replies.append((named.workspace_key, said))
        else:
            reports[named.workspace_key].append(said)
    keys = {*reports, *(key for key, _ in replies)}
    workspaces = {each.public_key: each for each in Workspace.objects.filter(public_key__in=keys)}
    said_by_key: list[tuple[str, Sequence[Report] | IncomingReply]] = [*reports.items(), *replies]
    is_done = [write_down(workspaces[key], said) for key, said in said_by_key if key in workspaces]
    return all(is_done)
