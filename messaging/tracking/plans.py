"""How the messages of a batch are written: with which links behind which numbers. Settled once for each kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.text import slugify

from messaging.models import Campaign, LinkSet, Message, TemplateVersion, TrackingPolicy
from messaging.rendering.layout import Compiled, compile_subject
from messaging.tracking.marking import Marked, mark_links, tag_links, with_pixel
from messaging.tracking.utm import Utm

LONGEST_CAMPAIGN = 80
Kind = tuple[int, str | None]


@dataclass(frozen=True)
class Plan:
    """`key`: what the renderer keeps it under. `utm`: what is added to links that differ from message to message."""

    compiled: Compiled
    key: str
    link_set_id: int | None = None
    utm: Utm | None = None

    def own_links(self, links: Mapping[str, str]) -> dict[str, str] | None:
        """Where one message's own links lead, ready to be kept; None where it has none."""
        if not links:
            return None
        utm = self.utm
        return {number: utm.on(url, content=_content(number)) if utm else url for number, url in links.items()}


def plans_for(
    messages: Sequence[Message], versions: Mapping[int, TemplateVersion], policy: TrackingPolicy
) -> dict[int, Plan]:
    """By message id. At most two queries, however many messages there are, and two more when a link set is new."""
    campaigns = {message.campaign_id for message in messages if message.campaign_id is not None}
    names = dict(Campaign.objects.filter(pk__in=campaigns).values_list("pk", "name")) if campaigns else {}
    kinds = {message.pk: _kind_of(message, versions, names) for message in messages}
    plans = _plans(set(kinds.values()), versions, policy)
    return {message_id: plans[kind] for message_id, kind in kinds.items()}


def _kind_of(message: Message, versions: Mapping[int, TemplateVersion], names: Mapping[int, str]) -> Kind:
    """What messages have in common that are written alike: the template version, and of marketing the campaign."""
    version_id = message.template_version_id
    if not message.is_marketing:
        return version_id, None
    named = message.context.get("utm_campaign") or names.get(message.campaign_id or 0)
    return version_id, slugify(str(named or versions[version_id].template.name))[:LONGEST_CAMPAIGN]


def _plans(
    kinds: Collection[Kind], versions: Mapping[int, TemplateVersion], policy: TrackingPolicy
) -> dict[Kind, Plan]:
    plans: dict[Kind, Plan] = {}
    marked: dict[Kind, tuple[Marked, Utm, dict[str, str]]] = {}
    for kind in sorted(kinds, key=str):
        source = compiled(versions[kind[0]])
        if kind[1] is None:
            plans[kind] = Plan(source, str(kind[0]))
            continue
        utm = Utm(tuple(policy.own_domains), policy.utm_source, kind[1])
        if policy.counts_clicks:
            found = _marked(source, opens=policy.counts_opens)
            urls = {number: utm.on(url, content=_content(number)) for number, url in found.urls.items()}
            marked[kind] = found, utm, urls
        else:
            tagged = tag_links(source, utm)
            if policy.counts_opens:
                tagged = Compiled(tagged.subject, with_pixel(tagged.html), tagged.text)
            plans[kind] = Plan(tagged, f"{kind[0]}:{_digest([repr(utm), policy.counts_opens])}")
    sets = _link_sets({kind: urls for kind, (_, _, urls) in marked.items() if urls})
    for kind, (found, utm, _) in marked.items():
        key = f"{kind[0]}:clicks:{policy.counts_opens}"
        plans[kind] = Plan(found.compiled, key, sets.get(kind), utm)
    return plans


def compiled(version: TemplateVersion) -> Compiled:
    subject = compile_subject(version.subject, template_key=version.template.key)
    return Compiled(subject=subject, html=version.html, text=version.text)


@lru_cache(maxsize=100)
def _marked(source: Compiled, *, opens: bool) -> Marked:
    return mark_links(source, opens=opens)


def _link_sets(urls: Mapping[Kind, dict[str, str]]) -> dict[Kind, int]:
    """The ids of the sets that say so; those that are new are added. Two workers may add one at the same time."""
    if not urls:
        return {}
    digests = {kind: _digest(leads_to) for kind, leads_to in urls.items()}
    known = _known(digests)
    if missing := [kind for kind in urls if (kind[0], digests[kind]) not in known]:
        LinkSet.objects.bulk_create(
            (LinkSet(template_version_id=kind[0], digest=digests[kind], urls=urls[kind]) for kind in missing),
            ignore_conflicts=True,
        )
        known = _known(digests)
    return {kind: known[kind[0], digest] for kind, digest in digests.items()}


def _known(digests: Mapping[Kind, str]) -> dict[tuple[int, str], int]:
    rows = LinkSet.objects.filter(
        template_version__in={version_id for version_id, _ in digests}, digest__in=set(digests.values())
    )
    return {(version, digest): pk for version, digest, pk in rows.values_list("template_version_id", "digest", "pk")}


def _content(number: str) -> str:
    return f"link-{number}"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
