"""Whom the bakery writes to, what, and how often: its texts, segments, limits, campaigns and flows."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from accounts.models import User
from accounts.public_ids import encode_id
from accounts.scope import current_workspace
from crm.demo.letters import KNOTS, SITE, SUNDAYS, WEEKEND, button, letters
from customers.actions.segments import add_segment, list_customers
from customers.models import Customer, Segment, Tag
from customers.segments.definitions import definition_of
from messaging.actions import (
    set_frequency_policy,
    set_quiet_hours,
    write_template,
    write_tracking_policy,
)
from messaging.actions.campaigns import add_campaign, ask_approval, launch_campaign
from messaging.actions.flow_presets import add_flow_from_preset
from messaging.actions.flows import change_flow, start_backfill, switch_on_flow
from messaging.actions.templates import Wording, edit_template
from messaging.campaign_plans import CampaignPlan
from messaging.flows.presets import PRESETS
from messaging.models import Campaign, Flow, Reach, SubscriptionTopic, Template, TemplateVersion, Timing
from messaging.models.consent import NEWSLETTER
from sales.models import Product

NEWCOMERS, REGULARS, SLIPPING, CLUB, CAKE, TASTING = (
    "New neighbours",
    "Regulars",
    "Slipping away",
    "Bread club",
    "Cake people",
    "Tasting table",
)
SENDING_TIME = time(10)
HOLDOUT = 20  # percent
SWITCHED_ON = ("welcome", "anniversary", "cart", "browse", "thanks", "win_back")
LAPSED_DAYS = 30
BACKFILL_DAYS = 45
LEADS = {
    "browse": ("Back to the shop", "/products"),
    "cart": ("Back to your cart", "/cart"),
    "win_back": ("What we bake this week", "/today"),
}


def furnish(author: User) -> None:
    """What was there before the first letter: texts, limits, and whom not to bother."""
    products = dict(Product.objects.values_list("sku", "pk"))
    for name, wording in letters(products).items():
        write_template(name=name, wording=wording, written_by=author)
    set_quiet_hours(begins=21, ends=8)
    set_frequency_policy(messages=2, days=7, wait_days=2, spares_automations=True)
    set_frequency_policy(messages=6, days=30, wait_days=0, spares_automations=True)
    own_domain = SITE.removeprefix("https://")
    write_tracking_policy(counts_opens=True, counts_clicks=True, own_domains=[own_domain], utm_source="letter")
    _ruled(NEWCOMERS, {"field": "joined_on", "is": "in_last", "value": 30})


def plan_knots(author: User, owner: User, *, send_on: datetime) -> Campaign:
    """To everybody who wants the newsletter but the newest, some held out to see what it brings."""
    plan = CampaignPlan(
        name=KNOTS,
        template=Template.objects.get(name=KNOTS),
        topic=_newsletter(),
        excluded=[Segment.objects.get(name=NEWCOMERS)],
        timing=Timing.WORKSPACE,
        send_on=send_on.date(),
        send_time=SENDING_TIME,
        holdout_percent=HOLDOUT,
    )
    campaign = add_campaign(plan, user=author)
    ask_approval(campaign)
    return launch_campaign(campaign, user=owner)


def add_flows(author: User) -> None:
    """All that the gallery offers; some fitted to a bakery, and those that are wanted switched on."""
    for key in PRESETS:
        flow = add_flow_from_preset(key, written_by=author)
        if (fitted := _fitted(key, flow)) is not None:
            flow = change_flow(flow, name=flow.name, definition=fitted, written_by=author)
        if key in LEADS:
            _lead_to_the_shop(key, author)
        if key in SWITCHED_ON:
            switch_on_flow(flow)
    start_backfill(Flow.objects.get(preset="win_back"), days=BACKFILL_DAYS)


def _fitted(key: str, flow: Flow) -> dict[str, Any] | None:
    definition: dict[str, Any] = deepcopy(flow.current.definition if flow.current else {})
    match key:
        case "welcome":
            # The card is given out with a purchase: a first order must not end the welcome.
            del definition["goal"]
        case "thanks":
            # For the first order only: who buys rolls every day is thanked at the counter.
            definition["filter"] = {"match": "all", "rules": [{"field": "orders", "is": "equals", "value": 1}]}
        case "win_back":
            # For daily bread a month is a long time.
            definition["steps"][0] |= {"key": "a-month", "days": LAPSED_DAYS}
            definition["steps"][2] |= {"key": "ten-days", "days": 10}
            definition["filter"] = {"match": "all", "rules": [{"field": "orders", "is": "at_least", "value": 3}]}
            definition["holdout_percent"] = HOLDOUT
        case _:
            return None
    return definition


def _lead_to_the_shop(key: str, author: User) -> None:
    """The product's own words lead nowhere, since it does not know anybody's shop."""
    for text in PRESETS[key].texts.values():
        version = TemplateVersion.objects.get(template__name=str(text.name), template__archived_at=None)
        wording = Wording.ready(text)
        wording = replace(wording, blocks=[*(wording.blocks or ()), button(*LEADS[key])])
        edit_template(version.template, name=version.template.name, wording=wording, written_by=author)


def add_segments() -> None:
    """Of several kinds: by purchases, by what was bought, by a tag, by what did not happen, and by hand."""
    _ruled(REGULARS, {"field": "orders", "is": "at_least", "value": 4, "within_days": 60})
    _ruled(
        SLIPPING,
        {"field": "orders", "is": "at_least", "value": 5},
        {"field": "last_order_on", "is": "longer_ago", "value": 30},
        {"match": "none", "rules": [{"field": "messages_opened", "is": "at_least", "value": 1, "within_days": 30}]},
    )
    club = Tag.objects.filter(name=CLUB).first()
    if club:
        _ruled(CLUB, {"field": "tag", "is": "any_of", "value": [encode_id("tag", club.pk)]})
    _ruled(CAKE, {"field": "units", "is": "at_least", "value": 3, "within_days": 180, "where": {"category": ["Cake"]}})
    table = add_segment(name=TASTING)
    guests = Customer.objects.filter(customer_tags__tag__name="Regular").order_by("-joined_on", "pk")
    list_customers(table, list(guests.values_list("pk", flat=True)[:12]))


def add_next_campaigns(author: User, owner: User, *, now: datetime) -> None:
    """One that goes out in the coming days, on each customer's clock, and one that is still being written."""
    local = now.astimezone(current_workspace().tzinfo)
    plan = CampaignPlan(
        name=WEEKEND,
        template=Template.objects.get(name=WEEKEND),
        topic=_newsletter(),
        reach=Reach.SEGMENTS,
        included=_segments(REGULARS, CAKE),
        excluded=_segments(TASTING),
        timing=Timing.CUSTOMER,
        send_on=local.date() + timedelta(days=3),
        send_time=time(17),
        holdout_percent=10,
        goal_days=3,
    )
    launch_campaign(add_campaign(plan, user=author), user=owner)
    draft = CampaignPlan(
        name=SUNDAYS, template=Template.objects.get(name=SUNDAYS), topic=_newsletter(), holdout_percent=10
    )
    add_campaign(draft, user=author)


def _newsletter() -> SubscriptionTopic:
    topic: SubscriptionTopic = SubscriptionTopic.objects.get(key=NEWSLETTER)
    return topic


def _segments(*names: str) -> list[Segment]:
    return list(Segment.objects.filter(name__in=names).order_by("name"))


def _ruled(name: str, *rules: dict[str, Any]) -> None:
    add_segment(name=name, definition=definition_of({"match": "all", "rules": list[dict[str, Any]](rules)}))
