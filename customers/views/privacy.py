from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers import actions, queries
from customers.models import Customer


@permits(Permission.EXPORT_CUSTOMERS)
@require_POST
def customer_export(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id, merged_into=None, erased_at=None)
    document = actions.export_customer(customer)
    response = JsonResponse(document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response.headers["Content-Disposition"] = f'attachment; filename="customer-{customer.pk}.json"'
    return response


@permits(Permission.ERASE_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def customer_erasure(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id, merged_into=None, erased_at=None)
    if request.method == "POST":
        actions.erase_customer(customer)
        messages.success(request, _("The customer was erased."))
        return redirect("customers:customer_detail", customer.pk)
    words = {"customer": customer, "counts": queries.known_counts(customer)}
    return render(request, "customers/customer_erasure.html", words)
