"""What the snippet on a website tells, and what it may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from redis.exceptions import RedisError

from accounts.actions import audit
from accounts.models import Workspace
from accounts.rest.errors import ApiError
from accounts.scope import current_workspace_id
from accounts.token_buckets import take_tokens
from sales.actions.ingest import ingest_batch
from sales.events import WebsiteChanged
from sales.identity import identity_secret, is_signed, new_nonce
from sales.ingesting.beacons import Beacon, Who, calls_of
from sales.models import Sighting, Website
from sales.queries import website_in_force
from sales.sites import is_on_one_of, site_of
from timeline.recording import record

# A site is noted at most so often. Whoever likes can invent sites, so few stay.
NOTED_EVERY = timedelta(minutes=1)
MOST_SITES_NOTED = 10
LONGEST_SITE = 255


@transaction.atomic
def edit_website(*, is_on: bool, sites: Sequence[str]) -> Website:
    """Which sites may tell, and whether anything that they tell is taken."""
    website, _ = Website.objects.update_or_create(defaults={"is_on": is_on, "sites": list(sites)})
    record(WebsiteChanged(customer_id=None, website_id=website.pk))
    audit(gettext_noop("changed what the snippet on the website may tell"), "", is_on=is_on, sites=list(sites))
    return website


@transaction.atomic
def make_identity_secret() -> str:
    """The secret by which the shop's server vouches for customers from now on; the one before ends at once."""
    wanted = {"identity_nonce": new_nonce(), "identity_made_at": timezone.now()}
    website, _ = Website.objects.update_or_create(defaults=wanted)
    record(WebsiteChanged(customer_id=None, website_id=website.pk))
    audit(gettext_noop("made a new identity secret for the website"), "")
    return identity_secret(website)


@transaction.atomic(savepoint=False)
def tell_visit(beacon: Beacon, *, origin: str) -> None:
    """Carry out what a page tells, as if it had come through the API. Raises ApiError, and nothing was done.

    Nothing that is raised depends on what is known of anybody: what must not be done for the sake of what is known is
    passed over without a word.
    """
    website = website_in_force()
    if not website.is_on:
        raise ApiError("website_off", "This workspace takes nothing from websites: the snippet is switched off.")
    if not is_on_one_of(website.sites, origin):
        raise ApiError("site_not_allowed", f"This workspace takes nothing from {origin or 'a page without an origin'}.")
    # After what a stranger can get wrong, so that no junk uses up what the sites may tell.
    limit = {"rate": settings.VISITS_PER_SECOND, "burst": settings.VISITS_BURST}
    take_tokens(f"visits:of:{current_workspace_id()}", **limit).refuse_if_spent()
    user = "" if beacon.user is None else str(beacon.user)
    if user and not is_signed(website, user, beacon.signature or ""):
        raise ApiError("wrong_signature", "This is not the signature of that user.", param="signature")
    who = Who(user=user, visitor=beacon.visitor or "")
    calls = calls_of(beacon, who, sites=website.sites, now=timezone.now())
    if calls and (who.user or who.visitor):
        ingest_batch(calls)


def sighting_is_due(workspace: Workspace, origin: str, *, is_taken: bool) -> bool:
    """Of sites that are not listened to only one at a time: whoever likes can invent those."""
    site = site_of(origin)
    if not site:
        return False
    try:
        key = f"sighting:{workspace.pk}:{site if is_taken else ''}"
        return cache.add(key, 1, timeout=NOTED_EVERY.seconds)
    except RedisError:
        return False


@transaction.atomic(savepoint=False)
def note_sighting(origin: str) -> None:
    """That the snippet was heard from a site, for whoever set it up."""
    website = website_in_force()
    if not website.is_on:
        return
    is_taken = is_on_one_of(website.sites, origin)
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into sales_sighting as s (workspace_id, site, is_taken, first_at, last_at)
               values (%(workspace)s, %(site)s, %(is_taken)s, %(now)s, %(now)s)
               on conflict (workspace_id, site) do update
                 set last_at = excluded.last_at, is_taken = excluded.is_taken""",
            {
                "workspace": current_workspace_id(),
                "site": site_of(origin)[:LONGEST_SITE],
                "is_taken": is_taken,
                "now": timezone.now(),
            },
        )
    alike = Sighting.objects.filter(is_taken=is_taken).order_by("-last_at", "-pk").values_list("pk", flat=True)
    Sighting.objects.filter(pk__in=list(alike[MOST_SITES_NOTED:])).delete()
