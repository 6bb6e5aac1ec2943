"""What a lower room asks of the rooms above, and what every app may and may not do."""

from __future__ import annotations

import ast

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from customers.contracts import describers, personal_data
from customers.models import Customer
from tests.architecture.house import APPS, ROOT, sources
from timeline.event_map import event_map
from timeline.registry import event_classes

# Events about the workspace, not about a customer: no timeline shows them.
NOT_ABOUT_A_CUSTOMER = {
    "AttributeArchived",
    "AttributeDefined",
    "AttributeRenamed",
    "AttributeRestored",
    "CampaignAdded",
    "CampaignApprovalAsked",
    "CampaignCancelled",
    "CampaignChanged",
    "CampaignCompleted",
    "CampaignPaused",
    "CampaignRemoved",
    "CampaignResumed",
    "CampaignRetried",
    "CampaignScheduled",
    "CampaignStarted",
    "ConfirmationPolicySet",
    "CustomerListDownloaded",
    "FrequencyPolicyRemoved",
    "FrequencyPolicySet",
    "FlowAdded",
    "FlowArchived",
    "FlowBackfilled",
    "FlowChanged",
    "FlowRenamed",
    "FlowSwitchedOff",
    "FlowSwitchedOn",
    "GreetingChanged",
    "GreetingSwitchedOff",
    "GreetingSwitchedOn",
    "ImportCancelled",
    "ImportCompleted",
    "ImportStarted",
    "ProductAdded",
    "ProductArchived",
    "ProductChanged",
    "ProductRestored",
    "QuietHoursEnded",
    "QuietHoursSet",
    "SegmentAdded",
    "SegmentArchived",
    "SegmentBuilt",
    "SegmentChanged",
    "SegmentRestored",
    "TagRemoved",
    "TagRenamed",
    "TemplateAdded",
    "TemplateArchived",
    "TemplateChanged",
    "TemplateRestored",
    "TopicAdded",
    "TopicArchived",
    "TopicChanged",
    "TopicRestored",
    "TrackingChanged",
    "WebsiteChanged",
}


def test_every_table_about_a_customer_says_how_it_is_exported_erased_and_moved() -> None:
    about = {
        model
        for model in apps.get_models()
        if any(field.related_model is Customer for field in model._meta.local_fields)
    }
    assert {model.__name__ for model in about} - {each.model.__name__ for each in personal_data()} == set()


def test_every_event_reads_well_on_the_timeline() -> None:
    assert {event.kind for event in event_classes()} - set(describers()) == NOT_ABOUT_A_CUSTOMER


def test_the_event_map_is_fresh() -> None:
    assert (ROOT / "docs" / "events.md").read_text() == event_map()


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_nobody_listens_to_model_signals_or_overrides_save() -> None:
    wrong = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "django.db.models.signals":
                wrong.append(f"{path.relative_to(ROOT)} imports signals")
            if isinstance(node, ast.ClassDef) and {"models.py"} & {path.name, f"{path.parent.name}.py"}:
                saves = [each.name for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "save"]
                wrong += [f"{path.relative_to(ROOT)} overrides save" for _ in saves]
    assert wrong == []


def test_subscribers_know_other_apps_only_by_their_events() -> None:
    wrong = []
    for app in APPS:
        path = ROOT / app / "subscribers.py"
        if not path.exists():
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                other, _, rest = node.module.partition(".")
                if other in APPS and other not in {app, "timeline", "accounts"} and not rest.startswith("events"):
                    wrong.append(f"{path.relative_to(ROOT)}: {node.module}")
    assert wrong == []


def test_the_admin_is_not_mounted() -> None:
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
