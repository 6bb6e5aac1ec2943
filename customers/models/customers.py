from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Concat, NullIf
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceManager, WorkspaceOwned
from customers.folding import Folded, Spaced

LISTED = {"merged_into": None, "erased_at": None, "archived_at": None, "is_anonymous": False}
IS_LISTED = Q(**LISTED)


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    POST = "post", _("Post")
    NONE = "none", _("Do not contact")


def customer_called(name: str, email: str, phone: str, pk: int) -> str:
    return name or email or phone or gettext("Customer %(pk)s") % {"pk": pk}


class CustomerQuerySet(models.QuerySet["Customer"]):
    def present(self) -> Self:
        """Those who count: not merged into another, not archived, not erased."""
        return self.filter(merged_into=None, archived_at=None, erased_at=None)

    def known(self) -> Self:
        return self.filter(is_anonymous=False)


class Customer(WorkspaceOwned):
    """A person whom the business knows, or a visitor whom it may come to know (`is_anonymous`)."""

    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    # What addresses are compared by: text `=` keeps its index under row-level security, lower() would not.
    email_norm = models.CharField(max_length=254, blank=True, editable=False)
    phone = models.CharField(max_length=40, blank=True)
    phone_norm = models.CharField(max_length=20, blank=True, editable=False)
    language = models.CharField(max_length=10, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    # Month x 100 + day, since many people tell their birthday and not their age. 29 February is 229.
    birth_monthday = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    joined_on = models.DateField()
    address = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=120, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)
    preferred_channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    source_channel = models.CharField(max_length=60, blank=True)
    # The typed rows in AttributeValue are what is filtered on; this is what is read.
    attributes = models.JSONField(default=dict, blank=True)
    is_anonymous = models.BooleanField(default=False, editable=False)
    merged_into = WorkspaceForeignKey("self", on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)
    search_text = models.GeneratedField(
        expression=Concat(Folded("name"), Value(" "), Folded("email_norm"), Value(" "), "phone_norm"),
        output_field=models.TextField(),
        db_persist=True,
    )
    # What lists are sorted by: the name, or what stands on the page in its place.
    sort_name = models.GeneratedField(
        expression=Coalesce(NullIf(Folded("name"), Value("")), NullIf(Folded("email_norm"), Value("")), "phone_norm"),
        # Bytewise on every server: a prefix is then a range, which is all that row-level security lets use an index.
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )

    objects: ClassVar = WorkspaceManager.from_queryset(CustomerQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "email_norm"],
                condition=~Q(email_norm="") & Q(merged_into=None) & Q(erased_at=None),
                name="one_customer_per_email",
            ),
            models.CheckConstraint(
                condition=Q(birth_monthday=None) | Q(birth_monthday__gte=101, birth_monthday__lte=1231),
                name="birthday_is_month_and_day",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "sort_name", "birth_monthday"], name="customer_by_name_and_birthday"),
            models.Index(fields=["workspace", "phone_norm"], name="customer_by_phone"),
            models.Index(
                fields=["workspace", "birth_monthday"],
                condition=Q(birth_monthday__isnull=False),
                name="customer_by_birthday",
            ),
            models.Index(
                fields=["workspace", "source_channel"],
                condition=~Q(source_channel=""),
                name="customer_by_source",
            ),
            # Few are archived or without a name; a list of them must not read all the others.
            models.Index(
                fields=["workspace", "id"], condition=Q(archived_at__isnull=False), name="customer_if_archived"
            ),
            models.Index(fields=["workspace", "id"], condition=Q(is_anonymous=True), name="customer_if_anonymous"),
            GinIndex("workspace", OpClass("search_text", name="gin_trgm_ops"), name="customer_by_any_word"),
            # For beginnings, and for misspelt names. The words of e-mail addresses, which so many share, would make
            # it ten times slower.
            GinIndex("workspace", OpClass(Spaced("sort_name"), name="gin_trgm_ops"), name="customer_by_name_words"),
            # What nearly every list asks: without visitors, who may be most of a table and would all be skipped. With
            # what the others sort by: a thousand who match are then put in order without reading them.
            models.Index(
                fields=["workspace", "id"],
                include=["joined_on", "sort_name"],
                condition=IS_LISTED,
                name="customer_if_listed",
            ),
            models.Index(
                fields=["workspace", "-joined_on", "-id"],
                include=["sort_name"],
                condition=IS_LISTED,
                name="customer_listed_by_joined",
            ),
            models.Index(fields=["workspace", "sort_name", "id"], condition=IS_LISTED, name="customer_listed_by_name"),
            # Whose clock it is, where an hour strikes.
            models.Index(fields=["workspace", "zone", "id"], condition=IS_LISTED, name="customer_listed_by_zone"),
        ]

    def __str__(self) -> str:
        return customer_called(self.name, self.email, self.phone, self.pk)

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else ""

    @property
    def birthday(self) -> tuple[int, int] | None:
        """Month and day."""
        return divmod(self.birth_monthday, 100) if self.birth_monthday else None

    def birthday_in(self, year: int) -> date | None:
        """The day it is kept on: 29 February falls on the 28th in common years."""
        if self.birthday is None:
            return None
        month, day = self.birthday
        try:
            return date(year, month, day)
        except ValueError:
            return date(year, 2, 28)


class ExternalId(WorkspaceOwned):
    """What another system calls this customer. Kept for ever, also after a merge, as an alias."""

    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="external_ids")
    source = models.CharField(max_length=60)
    value = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "source", "value"], name="one_customer_per_external_id"),
        ]

    def __str__(self) -> str:
        return f"{self.source}:{self.value}"
