"""django-post_office, at its best: many queued at once, rendered when they leave, as many processes as ours.

In processes, a database and a folder of its own: it is installed for the length of the run (`bench/post_office.txt`),
beside what the project has, and nothing of ours is loaded with it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FILLER = "It is spring, and there is much to see. "
BATCH = 500  # for each process, as MESSAGE_CHUNK
STEP = 5_000


def post_office(count: int, address: str, *, senders: int, length: int, database: dict[str, str]) -> dict[str, float]:
    """How many it `queued` and `sent` a second. Raises CalledProcessError if it can't be installed or does not run."""
    with tempfile.TemporaryDirectory() as folder:
        uv = Path(sys.executable).with_name("uv")
        command = [str(uv), "pip", "install", "-q", "--python", sys.executable, "--target", folder, "--no-deps"]
        lock = Path(__file__).with_name("post_office.txt")
        subprocess.run([*command, "--require-hashes", "-r", str(lock)], check=True, capture_output=True, text=True)
        words = {"count": count, "address": address, "senders": senders, "length": length, "database": database}
        done = subprocess.run(
            [sys.executable, "-m", "bench._post_office", json.dumps(words)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")])},
            check=True,
            capture_output=True,
            text=True,
        )
    return dict(json.loads(done.stdout))


def main(count: int, address: str, senders: int, length: int, database: dict[str, str]) -> None:
    import django  # noqa: PLC0415  settings first
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    host, _colon, port = address.partition(":")
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **database}},
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST=host,
        EMAIL_PORT=int(port),
        POST_OFFICE={"BATCH_SIZE": BATCH * senders, "THREADS_PER_PROCESS": 5},
        USE_TZ=True,
        SECRET_KEY="bench",  # noqa: S106  of a database that is gone in a minute
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGGING_CONFIG=None,
    )
    django.setup()
    call_command("migrate", verbosity=0)
    queued = seconds(lambda: queue(count, length))
    sent = seconds(lambda: call_command("send_queued_mail", processes=senders))
    check(count)
    sys.stdout.write(json.dumps({"queued": count / queued, "sent": count / sent}))


def queue(count: int, length: int) -> None:
    from post_office import mail  # type: ignore[import-not-found]  # noqa: PLC0415
    from post_office.models import EmailTemplate  # type: ignore[import-not-found]  # noqa: PLC0415

    text = "Dear {{ first_name }},\n\n" + FILLER * (length // 4 // len(FILLER))
    html = "<p>Dear {{ first_name }},</p>" + f"<p>{FILLER}</p>" * (length * 3 // 4 // (len(FILLER) + 7))
    template = EmailTemplate.objects.create(
        name="spring", subject="Spring, {{ first_name }}", content=text, html_content=html
    )
    for start in range(0, count, STEP):
        mail.send_many(
            [
                {
                    "recipients": [f"n{n}@mail.example"],
                    "sender": "hello@town.example",
                    "template": template,
                    "context": {"first_name": f"Name {n}"},
                    "render_on_delivery": True,
                }
                for n in range(start, min(start + STEP, count))
            ]
        )


def check(count: int) -> None:
    from post_office.models import STATUS, Email  # noqa: PLC0415

    sent = Email.objects.filter(status=STATUS.sent).count()
    if sent != count:
        raise AssertionError(f"django-post_office sent {sent} of {count}")


def seconds(ask: Any) -> float:
    started_at = time.perf_counter()
    ask()
    return time.perf_counter() - started_at


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
