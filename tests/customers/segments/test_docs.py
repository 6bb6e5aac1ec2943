"""docs/segments.md says what is so."""

from __future__ import annotations

import json
import re

import pytest
from django.core.management import CommandError, call_command

from crm.openapi.examples import EXAMPLES
from customers.actions import define_attribute
from customers.models.attributes import AttributeKind
from customers.segments.compiling import Understood
from customers.segments.definitions import DEEPEST, LONGEST_WINDOW, MOST_RULES, definition_of
from customers.segments.fields import Frame
from tests.architecture.house import ROOT
from tests.customers.segments.street import TODAY
from tests.factories.messaging import TopicFactory

PAGE = (ROOT / "docs" / "segments.md").read_text()
EXAMPLES_OF_THE_PAGE = re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_tables_are_fresh() -> None:
    try:
        call_command("segment_fields", check=True)
    except CommandError as stale:
        pytest.fail(str(stale))


def test_the_limits_are_those_of_the_code() -> None:
    assert f"at most {DEEPEST} deep, with at most {MOST_RULES} conditions" in PAGE
    assert f"up to {LONGEST_WINDOW}" in PAGE


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    "definition",
    [*map(json.loads, EXAMPLES_OF_THE_PAGE), EXAMPLES["segments_create"]["definition"]],
)
def test_the_examples_can_be_asked_and_written_again_as_they_were(definition: object) -> None:
    define_attribute(label="Favourite bread", kind=AttributeKind.TEXT)
    TopicFactory(key="news")
    read = definition_of(definition)

    assert read.as_plain() == definition
    assert Understood(read).customers(Frame(TODAY)).count() == 0
