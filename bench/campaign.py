"""A campaign, from the launch to the last message, and its report: `./run bench campaign`.

`python -m bench.campaign --recipients 3000` takes fewer.

The senders are those of the fault tests (`tests.faults._senders`), one for each core, with the product's own settings.
The limit is Postfix' `smtp-source`, in C, which hands as many messages of the same size over as many open connections
to the same `smtp-sink`; it knows neither who they are for nor what became of them. The field is django-post_office, the
other tool that keeps a row for each, with as many processes and the same sink. Where postfix is not installed both
comparisons are left out; then our own sink, in Python, takes the messages, and the figure is what that can take.
`_prepared` is from the audience to a row for each message, `_sent` from the first that leaves to the last.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench._post_office import post_office
from bench._smtp import HOW_TO_INSTALL, a_sink, smtp_source, tool
from crm.embedded.workloads import fresh_rapport, say
from tests.faults._processes import background

if TYPE_CHECKING:
    from accounts.models import Workspace
    from crm.embedded.servers import Servers
    from messaging.models import Campaign

RECIPIENTS = [10_000, 100_000]
MOST_OF_POST_OFFICE = 10_000  # letters: a rate needs no more, and it takes its time
SENDERS = os.cpu_count() or 1
PATIENCE = 3_600  # seconds
STEP = 5_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipients", type=int, nargs="+", default=RECIPIENTS)
    counts = parser.parse_args().recipients
    if tool("smtp-source") is None or tool("smtp-sink") is None:
        say(f"smtp-source and django-post_office: skipped, there is no smtp-source or no smtp-sink. {HOW_TO_INSTALL}")
    with fresh_rapport() as servers, tempfile.TemporaryDirectory() as name, a_sink(Path(name)) as address:
        os.environ["EMAIL_URL"] = f"smtp://{address}"
        for count in counts:
            measure(count, address, Path(name), servers)


def measure(count: int, address: str, folder: Path, servers: Servers) -> None:
    from django.conf import settings  # noqa: PLC0415  Django is set up only now

    town, campaign = launched(count)
    prepared, length = count / gather(town, campaign), letter_bytes(town, campaign)
    connections = SENDERS * settings.SMTP_CONNECTIONS
    before = smtp_source(count, address, connections=connections, length=length)
    sent = count / send(town, campaign, count, folder)
    after = smtp_source(count, address, connections=connections, length=length)
    limit = max(before, after) if before and after else None
    print(
        f"campaign_sent_{count}: ours={sent:.0f}/s"
        + (f" limit={limit:.0f}/s ratio={sent / limit:.2f}" if limit else "")
        + f" ({length} bytes each, {connections} connections)"
    )
    theirs = others(min(count, MOST_OF_POST_OFFICE), address, length, servers) if limit else None
    print(f"campaign_prepared_{count}: ours={prepared:.0f}/s" + against("queued", theirs, prepared))
    if theirs:
        print(f"campaign_beside_post_office_{count}: ours={sent:.0f}/s" + against("sent", theirs, sent))
    report(town, campaign, count)


def against(what: str, theirs: dict[str, float] | None, ours: float) -> str:
    return f" post_office={theirs[what]:.0f}/s ratio={ours / theirs[what]:.1f}" if theirs else ""


def others(count: int, address: str, length: int, servers: Servers) -> dict[str, float] | None:
    """What django-post_office queues and sends a second, in a database of its own on the same server."""
    from bench._crowd import superuser  # noqa: PLC0415  Django is set up only now

    name = f"post_office_{time.monotonic_ns()}"
    connection = superuser(servers)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"create database {name}")
    connection.close()
    database = {"HOST": str(servers.postgres.socket_folder), "USER": "postgres", "NAME": name}
    try:
        return post_office(count, address, senders=SENDERS, length=length, database=database)
    except subprocess.CalledProcessError as error:
        say(f"django-post_office: skipped, it could not be installed or run: {error.stderr[-500:]}")
        return None


def letter_bytes(town: Workspace, campaign: Campaign) -> int:
    """How long one of them is, without its headers, as it is handed over."""
    from accounts.scope import workspace_scope  # noqa: PLC0415  Django is set up only now
    from messaging.models import Message  # noqa: PLC0415
    from messaging.rendering import Renderer  # noqa: PLC0415
    from messaging.sending.connections import Envelope  # noqa: PLC0415
    from messaging.sending.preparation import Desk, look_at  # noqa: PLC0415

    with workspace_scope(town):
        [allowed] = look_at(list(Message.objects.filter(campaign=campaign)[:1])).allowed
        written = Desk(town, Renderer()).write(allowed)
    if not isinstance(written, Envelope):
        raise TypeError(f"it could not be written: {written}")
    return len(written.data.partition(b"\r\n\r\n")[2])


def report(town: Workspace, campaign: Campaign, count: int) -> None:
    """What the figures of its page take to be counted anew."""
    from accounts.scope import workspace_scope  # noqa: PLC0415  Django is set up only now
    from messaging.actions.campaigns import count_campaign  # noqa: PLC0415

    with workspace_scope(town):
        took = count_campaign(campaign).took_ms
    print(f"campaign_counted_{count}: ours={took} ms, at most every {max(2000, 20 * took) / 1000:.0f} s")


def launched(count: int) -> tuple[Workspace, Campaign]:
    from accounts.models import Workspace  # noqa: PLC0415  Django is set up only now
    from accounts.scope import workspace_scope  # noqa: PLC0415
    from customers.models import Customer  # noqa: PLC0415
    from messaging.actions import add_template  # noqa: PLC0415
    from messaging.actions.campaigns import add_campaign, launch_campaign, start_due_campaigns  # noqa: PLC0415
    from messaging.campaign_plans import CampaignPlan  # noqa: PLC0415
    from messaging.models import ConsentRecord, SubscriptionTopic  # noqa: PLC0415

    town = Workspace.objects.create(name=f"Town {count}", slug=f"town-{count}", sender_email="hello@town.example")
    for start in range(0, count, STEP):
        with workspace_scope(town):
            topic, _ = SubscriptionTopic.objects.get_or_create(key="news", defaults={"name": "News"})
            people = Customer.objects.bulk_create(
                Customer(
                    name=f"Name {n}",
                    email=f"n{n}@mail.example",
                    email_norm=f"n{n}@mail.example",
                    joined_on="2026-01-01",
                )
                for n in range(start, min(start + STEP, count))
            )
            ConsentRecord.objects.bulk_create(
                ConsentRecord(customer=customer, topic=topic, state="given", source="staff", actor="system")
                for customer in people
            )
    with workspace_scope(town):
        body = "Dear {{ customer.first_name }},\n\n" + "It is spring, and there is much to see. " * 20
        version = add_template(name="Spring", subject="Spring, {{ customer.first_name }}", body=body)
        campaign = launch_campaign(add_campaign(CampaignPlan(name="Spring", template=version.template, topic=topic)))
        start_due_campaigns(now=campaign.starts_at or campaign.created_at)
    return town, campaign


def gather(town: Workspace, campaign: Campaign) -> float:
    """Seconds until everybody has a row."""
    from accounts.scope import workspace_scope  # noqa: PLC0415  Django is set up only now
    from messaging.actions.campaigns import gather_audience  # noqa: PLC0415

    began_at = time.perf_counter()
    is_all = False
    while not is_all:
        with workspace_scope(town):
            is_all = gather_audience(campaign).is_all
    return time.perf_counter() - began_at


def send(town: Workspace, campaign: Campaign, count: int, folder: Path) -> float:
    """Seconds from the first message that leaves to the last, as the rows tell. All of them did."""
    from django.db.models import Count, Max, Min  # noqa: PLC0415  Django is set up only now

    from accounts.scope import workspace_scope  # noqa: PLC0415
    from messaging.models import Message  # noqa: PLC0415
    from messaging.queries.outcomes import WAITING_STATES  # noqa: PLC0415

    give_up_at = time.monotonic() + PATIENCE
    waits = True
    with background("-m", "tests.faults._senders", str(SENDERS), town.slug, log=folder / "senders.log"):
        while waits:
            if time.monotonic() > give_up_at:
                sys.exit("the campaign was not sent in time: " + (folder / "senders.log").read_text()[-2000:])
            time.sleep(0.5)
            with workspace_scope(town):
                waits = Message.objects.filter(campaign=campaign, state__in=WAITING_STATES).exists()
    with workspace_scope(town):
        sent = Message.objects.filter(campaign=campaign).accepted()
        times = sent.aggregate(first=Min("sent_at"), last=Max("sent_at"), all=Count("pk"))
    if times["all"] != count:
        raise AssertionError(f"{times['all']} of {count} were sent")
    return float((times["last"] - times["first"]).total_seconds())


if __name__ == "__main__":
    main()
