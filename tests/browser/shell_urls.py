"""One workspace page that uses what the shell offers, for the tests of the shell itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.template import RequestContext, Template
from django.urls import include, path

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest

PAGE = Template("""
{% extends "base.html" %}
{% block scripts %}{% include "components/chart_scripts.html" %}{% endblock %}
{% block page_actions %}<a class="btn btn-primary" href="#">{% icon "plus" %}Add customer</a>{% endblock %}
{% block content %}
  <div class="stats">{% include "components/stat.html" with label="Customers" value="2" url="/" change="+4.1%" direction="up" tone="good" compared_with="vs. last year" %}</div>
  <div class="card">
    {% include "components/filter_bar.html" with search_label="Name, e-mail or phone" %}
    <table class="table table-mobile-md" data-keyboard-list>
      <thead><tr>{% include "components/sort_header.html" with field="name" label="Name" sort="name" %}<th scope="col">State</th></tr></thead>
      <tbody id="rows">
        <tr><td>{% person "Amélie Roux" detail="amelie@mail.example" url="#1" %}</td><td data-label="State">{% include "components/badge.html" with label="Reachable" tone="success" %}</td></tr>
        <tr><td>{% person "Noah Fischer" url="#2" %}</td><td data-label="State">{% include "components/badge.html" with label="Unknown" tone="warning" %}</td></tr>
      </tbody>
    </table>
    {% include "components/pager.html" with next_cursor="abc" %}
  </div>
  <div class="card"><div class="card-body">{% include "components/chart.html" %}</div></div>
  <div class="card"><div class="card-body">{% include "components/progress.html" with id="import" label="Importing" done=3 total=10 %}</div></div>
  <div class="card"><div class="card-body" id="note">{% include "components/form.html" %}</div></div>
  <form hx-post="note/" hx-target="#note">{% csrf_token %}<button type="submit" class="btn">Send by htmx</button></form>
  <button type="button" class="btn" hx-get="broken/" hx-target="#rows">Ask what fails</button>
  <button type="button" class="btn" hx-get="note/" hx-target="#note">Ask what works</button>
  <form method="post" action="note/" data-confirm="Both rows will be gone." data-confirm-button="Delete them">{% csrf_token %}
    <input type="hidden" name="text" value="deleted"><button type="submit" class="btn">Delete</button></form>
{% endblock %}
""")  # noqa: E501  markup
CHART: dict[str, Any] = {
    "id": "revenue",
    "title": "Revenue",
    "category_label": "Month",
    "kind": "bar",
    "unit": "money",
    "currency": "EUR",
    "categories": ["Jan", "Feb"],
    "series": [{"name": "Shop", "values": [1000, 2000], "links": ["#january", "#february"]}],
}


class NoteForm(forms.Form):
    text = forms.CharField()
    file = forms.FileField(required=False)


@permits(Permission.VIEW_METRICS)
def overview(request: WorkspaceRequest) -> HttpResponse:
    return HttpResponse(PAGE.render(RequestContext(request, {"chart": CHART, "form": NoteForm()})))


@permits(Permission.VIEW_CUSTOMERS)
def note(request: WorkspaceRequest) -> HttpResponse:
    form = NoteForm(request.POST or None)
    if form.is_valid():
        return HttpResponse(f"<p>Kept: {form.cleaned_data['text']}</p>")
    return render(request, "components/form.html", {"form": form}, status=422 if form.is_bound else 200)


@permits(Permission.VIEW_CUSTOMERS)
def broken(request: WorkspaceRequest) -> HttpResponse:
    return HttpResponse(status=500)


@permits(Permission.VIEW_CUSTOMERS)
def customer_search(request: WorkspaceRequest) -> HttpResponse:
    return render(request, "components/command_item.html", {"url": "#7", "label": "Amélie Roux"})


urlpatterns = [
    path("", include(([path("", overview, name="overview")], "metrics"))),
    path(
        "note/",
        include(
            ([path("", note, name="customer_list"), path("s/", customer_search, name="customer_search")], "customers")
        ),
    ),
    path("broken/", broken),
]
