"""What every resource of the API shares: its scopes, its ids, its pages and what can be expanded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.http import Http404
from rest_framework import viewsets
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.api_keys import ApiScope
from accounts.models import ApiKey
from accounts.public_ids import decode_id
from accounts.rest.errors import ApiError
from accounts.rest.pages import ListQuery, take_page
from accounts.rest.serializers import QuerySerializer

EXPAND = "expand[]"


@dataclass(frozen=True)
class Expansion:
    """A field that answers an id, or the whole row if it is asked for and the key may read such rows."""

    scope: ApiScope
    select: tuple[str, ...] = ()
    prefetch: tuple[str, ...] = ()


class ResourceViewSet(viewsets.GenericViewSet[Any]):
    """Subclasses say `prefix`, `required_scopes`, `query_class` with `filters` (parameter -> look-up), `expansions`."""

    prefix: ClassVar[str]
    required_scopes: ClassVar[Mapping[str, ApiScope]]
    # Of actions that need another scope than their method.
    action_scopes: ClassVar[Mapping[str, ApiScope]] = {}
    query_class: ClassVar[type[ListQuery]] = ListQuery
    filters: ClassVar[Mapping[str, str]] = {}
    expansions: ClassVar[Mapping[str, Expansion]] = {}
    lookup_field = "id"
    lookup_value_regex = r"[^/]+"
    http_method_names = ["get", "head", "post", "patch", "delete"]

    def check_permissions(self, request: Request) -> None:
        """A method that nobody may use is not a matter of scopes."""
        method = "GET" if request.method == "HEAD" else str(request.method)
        if request.auth and method not in self.required_scopes:
            raise MethodNotAllowed(method)
        super().check_permissions(request)

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> Any:
        if request.auth:
            method = "GET" if request.method == "HEAD" else str(request.method)
            raise ApiError("missing_scope", f"This key lacks the scope {self.scope_for(method)}.")
        super().permission_denied(request, message, code)

    def scope_for(self, method: str) -> ApiScope:
        return self.action_scopes.get(self.action or "", self.required_scopes[method])

    @property
    def key(self) -> ApiKey:
        key = self.request.auth
        assert isinstance(key, ApiKey), "the gate lets nobody in without one"  # noqa: S101
        return key

    def list(self, request: Request) -> Response:
        query = self.query_of(request, self.query_class)
        rows = self.with_expanded(self.filtered(self.get_queryset(), query))
        return self.page(rows, self.get_serializer_class(), query)

    def page(
        self, rows: models.QuerySet[Any], serializer_class: type[BaseSerializer[Any]], query: Mapping[str, Any]
    ) -> Response:
        found = take_page(rows, limit=query["limit"], after=query.get("cursor"))
        data = serializer_class(found.rows, many=True, context=self.get_serializer_context()).data
        return Response({"data": data, "has_more": found.next_cursor is not None, "next_cursor": found.next_cursor})

    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        self.query_of(request, QuerySerializer)
        return Response(self.get_serializer(self.row(id, expand=True)).data)

    def row(self, public_id: str, *, expand: bool = False) -> Any:
        """The row of this workspace that the id names. Raises Http404, also for somebody else's."""
        pk = decode_id(self.prefix, public_id)
        rows = self.get_queryset()
        if expand:
            rows = self.with_expanded(rows)
        row = rows.filter(pk=pk).first() if pk is not None else None
        if row is None:
            raise Http404(f"There is no {public_id[:40]} in this workspace.")
        return row

    def query_of(self, request: Request, query_class: type[QuerySerializer]) -> dict[str, Any]:
        """The checked query parameters; `expand[]` is checked apart, for it may repeat."""
        given = {name: value for name, value in request.query_params.items() if name != EXPAND}
        query = query_class(data=given)
        query.is_valid(raise_exception=True)
        values: dict[str, Any] = query.validated_data
        return values

    def filtered(self, rows: models.QuerySet[Any], query: Mapping[str, Any]) -> models.QuerySet[Any]:
        return rows.filter(**{self.filters[name]: value for name, value in query.items() if name in self.filters})

    def expanded(self) -> frozenset[str]:
        """The fields to be expanded. Raises ApiError for what there is not, or what the key may not read."""
        names = self.request.query_params.getlist(EXPAND)
        for name in names:
            if name not in self.expansions:
                known = ", ".join(sorted(self.expansions)) or "nothing here"
                raise ApiError("invalid_value", f"What can be expanded: {known}.", param=EXPAND)
            if self.expansions[name].scope not in self.key.scopes:
                raise ApiError(
                    "missing_scope", f"To expand {name}, the key needs {self.expansions[name].scope}.", param=EXPAND
                )
        return frozenset(names)

    def with_expanded(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        wanted = [self.expansions[name] for name in sorted(self.expanded())]
        for expansion in wanted:
            if expansion.select:
                rows = rows.select_related(*expansion.select)
            rows = rows.prefetch_related(*expansion.prefetch)
        return rows

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if getattr(self, "swagger_fake_view", False):
            return context
        return {**context, "expanded": self.expanded()}

    def shown(self, row: models.Model) -> Any:
        """The row as a GET would answer it now."""
        return self.get_serializer(self.get_queryset().get(pk=row.pk)).data

    def valid(self, serializer_class: type[BaseSerializer[Any]], request: Request, **options: Any) -> Any:
        """The checked body. Raises ValidationError naming the field."""
        serializer = serializer_class(data=request.data, **options)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data
