from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned
from customers.models.customers import Customer


class AttributeKind(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    DAY = "day", _("Date")
    FLAG = "flag", _("Yes or no")


class Attribute(WorkspaceOwned):
    """Something this business wants to know of its customers: a favourite bread, a cause, a price they would pay."""

    key = models.SlugField(max_length=60)
    label = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=AttributeKind, default=AttributeKind.TEXT)
    archived_at = models.DateTimeField(null=True, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="one_attribute_per_key"),
        ]

    def __str__(self) -> str:
        return self.label


class AttributeValue(WorkspaceOwned):
    """One value in the column of its kind: plain typed columns keep their indexes under row-level security."""

    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="attribute_values")
    attribute = WorkspaceForeignKey(Attribute, on_delete=models.CASCADE, related_name="values")
    text = models.CharField(max_length=500, blank=True)
    number = models.FloatField(null=True)
    day = models.DateField(null=True)
    flag = models.BooleanField(null=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "customer", "attribute"], name="one_value_per_customer_and_attribute"
            ),
        ]
        indexes = [
            # With whose they are: segments then need not read the rows.
            models.Index(
                fields=["workspace", "attribute", "text"], include=["customer"], name="attribute_text_with_whose"
            ),
            models.Index(
                fields=["workspace", "attribute", "number"], include=["customer"], name="attribute_number_with_whose"
            ),
            models.Index(
                fields=["workspace", "attribute", "day"], include=["customer"], name="attribute_day_with_whose"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute_id} of {self.customer_id}"
