"""The pages of the local mailbox. They exist only where there is one, for whoever is signed in."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import urlize
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from crm import mailbox, mailbox_answers

_PAGE = 50
_LONGEST_REPLY = 10_000
_Rest = ParamSpec("_Rest")
# A stranger's HTML: it may look as it likes and show pictures, and do nothing.
_LETTER_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["*", "data:"],
    "font-src": ["*"],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}

MailboxView = Callable[Concatenate[HttpRequest, Path, _Rest], HttpResponse]
View = Callable[Concatenate[HttpRequest, _Rest], HttpResponse]


def where_mail_is_caught(view: MailboxView[_Rest]) -> View[_Rest]:
    """Hand the view the mail folder; 404 where mail really leaves, the sign-in form for strangers."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: _Rest.args, **kwargs: _Rest.kwargs) -> HttpResponse:
        if not settings.MAILBOX_DIR:
            raise Http404
        return view(request, Path(settings.MAILBOX_DIR), *args, **kwargs)

    return guarded


@require_safe
@where_mail_is_caught
def mailbox_list(request: HttpRequest, folder: Path) -> HttpResponse:
    letters = mailbox.newest_letters(folder, before=request.GET.get("cursor", ""), limit=_PAGE + 1)
    next_cursor = letters[_PAGE - 1].key if len(letters) > _PAGE else ""
    return render(request, "crm/mailbox_list.html", {"letters": letters[:_PAGE], "next_cursor": next_cursor})


@require_safe
@where_mail_is_caught
def mailbox_message(request: HttpRequest, folder: Path, key: str) -> HttpResponse:
    letter = _letter(folder, key)
    text = urlize(letter.text, autoescape=True).replace("<a href=", '<a target="_blank" href=')
    context = {
        "letter": letter,
        "text": mark_safe(text),  # noqa: S308  urlize has escaped it
        "can_answer": _incoming() is not None and "Message-ID" in letter.message,
    }
    return render(request, "crm/mailbox_message.html", context)


@require_POST
@where_mail_is_caught
def mailbox_answer(request: HttpRequest, folder: Path, key: str, kind: str) -> HttpResponse:
    """Somebody plays the recipient, or a mail server on the way: what they send back arrives as real mail does."""
    letter, incoming = _letter(folder, key), _incoming()
    if incoming is None:
        raise Http404
    if kind == "reply":
        text = request.POST.get("text", "").strip()[:_LONGEST_REPLY]
        if not text:
            messages.error(request, _("Write something first."))
            return redirect("mailbox_message", key=key)
        mail = mailbox_answers.write_back(letter, text=text)
    else:
        mail = {"bounce": mailbox_answers.bounce, "complaint": mailbox_answers.complain}[kind](letter)
    mailbox_answers.drop(mail, incoming)
    messages.success(request, _("Sent. It is taken in within some seconds."))
    return redirect("mailbox_message", key=key)


def _incoming() -> Path | None:
    """The folder from which incoming mail is read; none where it comes from a server."""
    parts = urlsplit(settings.INBOUND_URL)
    return Path(parts.path) if parts.scheme == "maildir" else None


@xframe_options_sameorigin
@csp(_LETTER_POLICY)  # type: ignore[arg-type]  # django-csp types views without arguments only
@require_safe
@where_mail_is_caught
def mailbox_html(request: HttpRequest, folder: Path, key: str) -> HttpResponse:
    """The HTML part as a mail program would show it; its links open in a new tab."""
    return HttpResponse(f'<base target="_blank">{_letter(folder, key).html}')


def _letter(folder: Path, key: str) -> mailbox.Letter:
    letter = mailbox.read_letter(folder, key)
    if letter is None:
        raise Http404
    return letter
