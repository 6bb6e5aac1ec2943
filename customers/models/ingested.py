from __future__ import annotations

import json
import math
from typing import Any

from django.db import models

from accounts.models import Workspace, WorkspaceOwned
from accounts.scope import current_workspace_id


class IngestedEvent(WorkspaceOwned):
    """That something was told by another system, once and for ever; with the properties of what became a CustomEvent.

    `key` is a hash of the caller's `messageId`, which may name a person. The properties may too, so they stand here and
    not on the timeline, whose CustomEvent has the key. They are JSON as it came, kept as text: read with the row and
    never searched, so that nobody pays for their parsing.
    """

    # Row-level security has just compared it with the scope's; a foreign key would look it up again for every row.
    workspace = models.ForeignKey(
        Workspace,
        on_delete=models.CASCADE,
        related_name="+",
        editable=False,
        default=current_workspace_id,
        db_index=False,
        db_constraint=False,
    )
    pk = models.CompositePrimaryKey("workspace_id", "key")
    key = models.UUIDField()
    properties = models.TextField(blank=True)

    def __str__(self) -> str:
        return str(self.key)

    def properties_in_words(self) -> str:
        """`plan: pro, seats: 5`; what is nested is passed over."""
        plain = (pair for pair in self.read_properties().items() if isinstance(pair[1], str | int | float))
        return ", ".join(f"{name}: {value}" for name, value in plain)

    def read_properties(self) -> dict[str, Any]:
        """A number that is beyond a double stays as it was written."""
        properties: dict[str, Any] = json.loads(self.properties or "{}", parse_float=_finite)
        return properties


def _finite(text: str) -> float | str:
    return float(text) if math.isfinite(float(text)) else text
