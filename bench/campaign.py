"""A campaign, from the launch to the last message, and its report: `./run bench campaign`, `… --recipients 100000`.

The senders are those of the fault tests (`tests.faults._senders`), one for each core, with the product's own settings.
The limit is Postfix' `smtp-source`, in C, which hands as many messages of the same size over as many connections to the
same `smtp-sink`; it knows neither who they are for nor what became of them. django-post_office is the other tool that
keeps a row for each. Both are skipped, with a word, where they are not installed; then our own sink, in Python, takes
the messages, and the figure is no more than what it can take.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from crm.embedded.process import wait_until
from crm.embedded.workloads import fresh_rapport, say
from tests.faults._processes import PYTHON, background

if TYPE_CHECKING:
    from accounts.models import Workspace
    from messaging.models import Campaign

RECIPIENTS = [10_000]
SENDERS = os.cpu_count() or 1
PATIENCE = 1_800  # seconds
LETTER_BYTES = 4_000  # about what a short newsletter in the layout has
STEP = 5_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipients", type=int, nargs="+", default=RECIPIENTS)
    counts = parser.parse_args().recipients
    with fresh_rapport(), tempfile.TemporaryDirectory() as name, a_sink(Path(name)) as address:
        os.environ["EMAIL_URL"] = f"smtp://{address}"
        for count in counts:
            measure(count, address, Path(name))


def _answers(address: str) -> bool:
    host, _colon, port = address.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def a_sink(folder: Path) -> Iterator[str]:
    """Whatever takes the messages, as `host:port`."""
    if (program := shutil.which("smtp-sink")) is not None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        command = [program, *(["-u", "nobody"] if os.getuid() == 0 else []), address, "1000"]
    else:
        command = [PYTHON, "-m", "tests.faults._sink", str(folder), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sink:
        try:
            if not program:
                address = f"127.0.0.1:{int(sink.stdout.readline()) if sink.stdout else 0}"
            if not wait_until(lambda: _answers(address), seconds=10, child=sink):
                sys.exit("the sink does not answer")
            yield address
        finally:
            sink.terminate()


def measure(count: int, address: str, folder: Path) -> None:
    from accounts.scope import workspace_scope  # noqa: PLC0415  Django is set up only now
    from messaging.actions.campaigns import count_campaign  # noqa: PLC0415

    town, campaign = launched(count)
    gathered = count / gather(town, campaign)
    print(f"campaign_gathered_{count}: ours={gathered:.0f}/s")
    ours = count / send(town, campaign, folder)
    limit = smtp_source(count, address)
    print(
        f"campaign_sent_{count}: ours={ours:.0f}/s"
        + (f" limit={limit:.0f}/s ratio={ours / limit:.2f}" if limit else "")
    )
    with workspace_scope(town):
        tally = count_campaign(campaign)
    print(
        f"campaign_counted_{count}: ours={tally.took_ms} ms, at most every {max(2000, 20 * tally.took_ms) / 1000:.0f} s"
    )
    if importlib.util.find_spec("post_office") is None:
        say("django-post_office: skipped, it is not installed here.")


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


def send(town: Workspace, campaign: Campaign, folder: Path) -> float:
    """Seconds from the first message that leaves to the last, as the rows tell."""
    from django.db.models import Max, Min  # noqa: PLC0415  Django is set up only now

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
        times = sent.aggregate(first=Min("sent_at"), last=Max("sent_at"))
    return float((times["last"] - times["first"]).total_seconds())


def smtp_source(count: int, address: str) -> float | None:
    """Messages a second, by C; None where Postfix' tools are not installed."""
    program = shutil.which("smtp-source")
    if program is None:
        say("smtp-source: skipped, the Debian package postfix is not installed here; the sink is ours, in Python.")
        return None
    command = [program, "-s", "20", "-m", str(count), "-l", str(LETTER_BYTES), address]
    began_at = time.perf_counter()
    subprocess.run(command, check=True)
    return count / (time.perf_counter() - began_at)


if __name__ == "__main__":
    main()
