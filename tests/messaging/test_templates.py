from __future__ import annotations

import pytest

from accounts.models import Workspace
from messaging.actions import add_template, refresh_template, rewrite_template
from messaging.models import Template, TemplateVersion
from messaging.rendering import BadTemplate
from tests.factories.messaging import TemplateFactory

pytestmark = pytest.mark.usefixtures("workspace")


def test_add_template_compiles_its_first_version() -> None:
    version = add_template(name="Hello", subject="Dear {{ customer.name }}", body="Hi\n\nBye", key="birthday")

    assert (version.number, version.template.name, version.template.key) == (1, "Hello", "birthday")
    assert (version.subject, version.body) == ("Dear {{ customer.name }}", "Hi\n\nBye")
    assert version.text.startswith("Hi\n\nBye\n")


def test_a_template_that_cannot_be_sent_is_not_kept() -> None:
    with pytest.raises(BadTemplate):
        add_template(name="Hello", subject="Hello", body="{{ nobody }}")

    assert not Template.objects.exists()


def test_rewrite_template_keeps_what_it_said_before() -> None:
    first = add_template(name="Hello", subject="Hello", body="Hi")

    second = rewrite_template(first.template, subject="Hello", body="Good day")

    assert (second.number, second.body) == (2, "Good day")
    assert TemplateVersion.objects.get(number=1).body == "Hi"


def test_rewrite_template_with_the_same_words_changes_nothing() -> None:
    first = add_template(name="Hello", subject="Hello", body="Hi")

    assert rewrite_template(first.template, subject="Hello", body="Hi") == first


def test_refresh_template_compiles_anew_when_the_brand_changed(workspace: Workspace) -> None:
    first = add_template(name="Hello", subject="Hello", body="Hi")
    workspace.brand_color = "#123456"

    second = refresh_template(first.template)

    assert (second.number, second.body) == (2, "Hi")
    assert "#123456" in second.html
    assert refresh_template(first.template) == second


def test_refresh_template_without_a_text_is_refused() -> None:
    with pytest.raises(TemplateVersion.DoesNotExist):
        refresh_template(TemplateFactory())
