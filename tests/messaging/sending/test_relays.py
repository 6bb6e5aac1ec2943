"""Opening a connection: greetings, encryption and signing in, as EMAIL_URL asks for them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import LazySettings

from accounts.models import Workspace
from messaging.sending import relays
from messaging.sending.lines import hang_up_everywhere
from messaging.sending.relays import Line, RelayUnavailable, open_line
from messaging.sending.relays import Relay as Address
from messaging.sending.rounds import send_due
from tests.certificates import Authority
from tests.factories.messaging import MessageFactory
from tests.messaging.sending.outbox import row
from tests.relay import DROP, SILENCE, Relay, running

USERS = {"rapport": "päss:word/1"}
AS_RAPPORT = {"user": "rapport", "password": USERS["rapport"]}


@pytest.fixture
def authority(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """Trusted by the variable that an operator sets for an authority of their own."""
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    relays.trusting.cache_clear()
    yield authority
    relays.trusting.cache_clear()


@contextmanager
def line_to(relay: Relay, **changes: str) -> Iterator[Line]:
    with running(relay):
        address = replace(Address("127.0.0.1", relay.port), **changes)  # type: ignore[arg-type]  # they are strings
        line = open_line(address, name="us.example", seconds=0.5)
        with closing(line.socket):
            yield line


def refusal(relay: Relay, **changes: str) -> str:
    """Why no line can be had."""
    with pytest.raises(RelayUnavailable) as refused, line_to(relay, **changes):
        pass
    return str(refused.value).partition(": ")[2]


def test_a_greeting_leads_to_what_the_server_can_do() -> None:
    relay = Relay(extensions=("PIPELINING", "size 1000"))

    with line_to(relay) as line:
        assert line.extensions == {"PIPELINING", "SIZE 1000"}

    assert relay.commands[:1] == ["EHLO us.example"]


def test_a_server_that_knows_no_ehlo_is_greeted_the_old_way() -> None:
    relay = Relay(replies={"EHLO": "502 what is that?"})

    with line_to(relay) as line:
        assert line.extensions == frozenset()

    assert relay.commands[:2] == ["EHLO us.example", "HELO us.example"]


@pytest.mark.parametrize(
    ("greeting", "why"),
    [
        ("421 4.3.2 too busy", "421 4.3.2 too busy"),
        ("554 no service", "554 no service"),
        (DROP, "it closed the connection"),
        (SILENCE, "timed out"),
        ("hello", "This is no reply: b'hello'"),
    ],
)
def test_a_greeting_that_is_none_says_why(greeting: str, why: str) -> None:
    assert refusal(Relay(replies={"greeting": greeting})) == why


@pytest.mark.parametrize("is_encrypted", [True, False])
def test_with_a_good_certificate_all_is_said_under_tls(is_encrypted: object, authority: Authority) -> None:
    relay = Relay(tls=authority.server("127.0.0.1"), is_encrypted=bool(is_encrypted), users=USERS)

    with line_to(relay, security="ssl" if is_encrypted else "tls", **AS_RAPPORT) as line:
        assert isinstance(line.socket, ssl.SSLSocket)
        assert line.extensions == {"PIPELINING", "AUTH PLAIN LOGIN"}

    assert relay.said("STARTTLS") == (0 if is_encrypted else 1)
    assert relay.said("EHLO") == (1 if is_encrypted else 2)


@pytest.mark.parametrize("is_encrypted", [True, False])
@pytest.mark.parametrize(
    ("address", "lasts", "why"),
    [
        ("127.0.0.1", timedelta(days=-1), "certificate has expired"),
        ("127.0.0.2", timedelta(days=1), "IP address mismatch"),
    ],
)
def test_a_bad_certificate_gets_neither_password_nor_message(
    address: str, lasts: timedelta, why: str, is_encrypted: object, authority: Authority
) -> None:
    relay = Relay(tls=authority.server(address, lasts=lasts), is_encrypted=bool(is_encrypted), users=USERS)

    assert why in refusal(relay, security="ssl" if is_encrypted else "tls", **AS_RAPPORT)

    assert relay.said("AUTH") == relay.said("MAIL") == 0


def test_a_certificate_of_a_stranger_is_refused(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> None:
    stranger = Authority(tmp_path_factory.mktemp("stranger"))

    assert "certificate verify failed" in refusal(Relay(tls=stranger.server("127.0.0.1")), security="tls")


def test_where_starttls_is_asked_for_nothing_goes_without_it() -> None:
    relay = Relay(users=USERS)

    assert refusal(relay, security="tls", **AS_RAPPORT) == "it does not offer STARTTLS, which EMAIL_URL asks for"
    assert relay.said("AUTH") == 0


def test_starttls_that_is_offered_and_not_asked_for_is_left(authority: Authority) -> None:
    relay = Relay(tls=authority.server("127.0.0.1"))

    with line_to(relay) as line:
        assert "STARTTLS" in line.extensions

    assert relay.said("STARTTLS") == 0


def test_starttls_that_is_refused_ends_it(authority: Authority) -> None:
    relay = Relay(tls=authority.server("127.0.0.1"), replies={"STARTTLS": "454 not now"})

    assert refusal(relay, security="tls") == "454 not now"


@pytest.mark.parametrize("ways", [("PLAIN", "LOGIN"), ("LOGIN",), ("CRAM-MD5",)])
def test_signing_in_by_what_is_offered(ways: tuple[str, ...]) -> None:
    relay = Relay(users=USERS, ways_to_sign_in=ways)

    with line_to(relay, **AS_RAPPORT):
        pass

    way = "LOGIN" if ways == ("LOGIN",) else "PLAIN"
    assert [command.split(" ")[:2] for command in relay.commands[1:2]] == [["AUTH", way]]


@pytest.mark.parametrize("ways", [("PLAIN",), ("LOGIN",)])
def test_a_wrong_password_says_so_and_does_not_show_it(ways: tuple[str, ...]) -> None:
    relay = Relay(users=USERS, ways_to_sign_in=ways)

    assert refusal(relay, user="rapport", password="wrong") == "535 no such user or password"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("smtp://mail.example", Address("mail.example", 25)),
        (
            "smtp+tls://us%40a.example:p%2Fw@mail.example",
            Address("mail.example", 587, "us@a.example", "p/w", "tls"),
        ),
        ("smtps://mail.example", Address("mail.example", 465, security="ssl")),
        ("smtp+ssl://mail.example:2465", Address("mail.example", 2465, security="ssl")),
        ("consolemail://", None),
        ("smtp://", None),
    ],
)
def test_the_url_says_where_and_how(url: str, address: Address | None) -> None:
    assert Address.from_url(url) == address


def test_messages_go_encrypted_and_signed_in(
    workspace: Workspace, authority: Authority, settings: LazySettings
) -> None:
    messages = [MessageFactory() for _ in range(5)]
    with running(Relay(tls=authority.server("127.0.0.1"), users=USERS)) as relay:
        settings.EMAIL_URL = f"smtp+tls://rapport:p%C3%A4ss%3Aword%2F1@127.0.0.1:{relay.port}"
        done = send_due(workspace)
        hang_up_everywhere()

    assert done.sent == 5
    assert relay.recipients == sorted(message.address for message in messages)


def test_a_refused_password_pauses_the_relay_and_costs_no_attempt(
    workspace: Workspace, relay: Relay, settings: LazySettings
) -> None:
    message = MessageFactory()
    relay.users = USERS
    settings.EMAIL_URL = f"smtp://rapport:wrong@127.0.0.1:{relay.port}"

    done = send_due(workspace)

    assert done.wait == 5
    assert row(message) == ("queued", "", 0)
    assert relay.said("MAIL") == 0


def test_without_a_relay_everything_waits(workspace: Workspace, settings: LazySettings) -> None:
    message = MessageFactory()
    settings.EMAIL_URL = "consolemail://"

    assert send_due(workspace).claimed == 0
    assert row(message) == ("queued", "", 0)
