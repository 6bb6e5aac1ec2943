"""What a form offers while somebody types: lists beside its fields, which a browser shows without any script."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.models import Customer
from sales import queries
from sales.forms.fields import customer_choice
from sales.forms.lines import FormWithLines
from sales.models import Product

SHORTEST_WORDS = 2
MOST_CUSTOMERS = 10
MOST_PRODUCTS = 500


@permits(Permission.EDIT_SALES)
@require_safe
def customer_choices(request: WorkspaceRequest) -> HttpResponse:
    """Options for the customer field, by what was typed so far."""
    words = request.GET.get("customer", "").replace("\x00", "").strip()[:200]
    found = queries.customers_beginning_with(words, limit=MOST_CUSTOMERS) if len(words) >= SHORTEST_WORDS else []
    choices = [(customer_choice(customer), customer.email or customer.phone) for customer in found]
    return render(request, "sales/customer_choices.html", {"choices": choices})


def choices_for(form: FormWithLines) -> dict[str, Any]:
    return {
        "form": form,
        "products": Product.objects.offered().order_by("name", "pk")[:MOST_PRODUCTS],
        "channels": queries.channels(),
    }


def customer_named(request: WorkspaceRequest) -> Customer | None:
    """The customer whose page led here, `?customer=7`."""
    found = re.fullmatch(r"[0-9]{1,18}", request.GET.get("customer", ""))
    return Customer.objects.present().filter(pk=int(found[0])).first() if found else None
