from __future__ import annotations

import json
from typing import Any

from customers.actions import archive_attribute, archive_customer, merge_customers, tag_customer
from customers.actions.segments import add_segment, archive_segment, list_customers
from customers.segments.definitions import definition_of
from tests.architecture.access.rows import Kwargs, Row, a_name
from tests.factories.customers import AttributeFactory, CustomerFactory, NoteFactory, TagFactory


def a_customer() -> Kwargs:
    return {"customer_id": CustomerFactory().pk}


def an_archived_customer() -> Kwargs:
    return {"customer_id": archive_customer(CustomerFactory()).pk}


def a_tagged_customer() -> Kwargs:
    customer = CustomerFactory()
    return {"customer_id": customer.pk, "tag_id": tag_customer(customer, name="regular").pk}


def a_tag() -> Kwargs:
    return {"tag_id": TagFactory().pk}


def a_note() -> Kwargs:
    return {"note_id": NoteFactory().pk}


def an_attribute() -> Kwargs:
    return {"attribute_id": AttributeFactory().pk}


def an_archived_attribute() -> Kwargs:
    return {"attribute_id": archive_attribute(AttributeFactory()).pk}


def a_profile(_: Kwargs) -> dict[str, Any]:
    return {"name": "Maria Rossi", "email": "maria@people.example", "preferred_channel": "email"}


def tagging_of_a_customer(_: Kwargs) -> dict[str, Any]:
    return {"who": "chosen", "customers": [CustomerFactory().pk], "tag": "regular"}


def a_listing_of_a_customer(_: Kwargs) -> dict[str, Any]:
    return {"who": "chosen", "customers": [CustomerFactory().pk], "list": a_list()["segment_id"], "way": "on"}


def a_list() -> Kwargs:
    return {"segment_id": add_segment(name=a_name("Friends")).pk}


def a_listed_customer() -> Kwargs:
    customer, friends = CustomerFactory(), add_segment(name=a_name("Friends"))
    list_customers(friends, [customer.pk])
    return {"customer_id": customer.pk, "segment_id": friends.pk}


def a_pair() -> Kwargs:
    return {"customer_id": CustomerFactory().pk, "other_id": CustomerFactory().pk}


def a_merge() -> Kwargs:
    return {"merge_id": merge_customers(survivor=CustomerFactory(), absorbed=CustomerFactory()).pk}


def a_segment() -> Kwargs:
    return {"segment_id": add_segment(name=a_name("Berliners"), definition=definition_of(BERLINERS)).pk}


def an_archived_segment() -> Kwargs:
    return {"segment_id": archive_segment(add_segment(name=a_name("Guests"))).pk}


def a_rule(_: Kwargs) -> dict[str, Any]:
    return {"name": "Regulars", "definition": json.dumps(BERLINERS)}


BERLINERS = {"match": "all", "rules": [{"field": "city", "is": "equals", "value": "Berlin"}]}
ROWS = {
    "customers:customer_list": Row(query="q=maria&sort=-spent"),
    "customers:customer_search": Row(query="q=maria"),
    "customers:customer_download": Row(get=False, post=lambda _: {}),
    "customers:customer_tagging": Row(get=False, post=tagging_of_a_customer, foreign={"customers": CustomerFactory}),
    "customers:customer_listing": Row(
        get=False,
        post=a_listing_of_a_customer,
        foreign={"customers": CustomerFactory, "list": lambda: add_segment(name="Theirs")},
    ),
    "customers:customer_create": Row(post=a_profile),
    "customers:customer_detail": Row(a_customer),
    "customers:customer_edit": Row(a_customer, post=a_profile),
    "customers:customer_archival": Row(a_customer, get=False, post=lambda _: {}),
    "customers:customer_restoration": Row(an_archived_customer, get=False, post=lambda _: {}),
    "customers:customer_export": Row(a_customer, get=False, post=lambda _: {}),
    "customers:customer_erasure": Row(a_customer, post=lambda _: {}),
    "customers:duplicate_list": Row(),
    "customers:merge_search": Row(a_customer, query="q=maria"),
    "customers:customer_merge": Row(a_pair, post=lambda _: {}),
    "customers:customer_distinction": Row(a_pair, get=False, post=lambda _: {}),
    "customers:merge_reversal": Row(a_merge, get=False, post=lambda _: {}),
    "customers:note_create": Row(a_customer, get=False, post=lambda _: {"text": "Likes rye."}),
    "customers:note_edit": Row(a_note, post=lambda _: {"text": "Likes rye."}),
    "customers:note_archival": Row(a_note, get=False, post=lambda _: {}),
    "customers:tag_create": Row(a_customer, get=False, post=lambda _: {"tag": "regular"}),
    "customers:tag_removal": Row(a_tagged_customer, get=False, post=lambda _: {}),
    "customers:list_entry_create": Row(
        a_customer,
        get=False,
        post=lambda _: {"list": a_list()["segment_id"]},
        foreign={"list": lambda: add_segment(name="Theirs")},
    ),
    "customers:list_entry_removal": Row(a_listed_customer, get=False, post=lambda _: {}),
    "customers:segment_list": Row(),
    "customers:segment_create": Row(post=a_rule),
    "customers:list_create": Row(post=lambda _: {"name": "Guests"}),
    "customers:segment_preview": Row(get=False, post=a_rule),
    "customers:segment_detail": Row(a_segment),
    "customers:segment_edit": Row(a_segment, post=a_rule),
    "customers:segment_archival": Row(a_segment, get=False, post=lambda _: {}),
    "customers:segment_restoration": Row(an_archived_segment, get=False, post=lambda _: {}),
    "customers:tag_list": Row(),
    "customers:tag_edit": Row(a_tag, post=lambda _: {"tag": "loyal"}),
    "customers:tag_deletion": Row(a_tag, get=False, post=lambda _: {}),
    "customers:attribute_list": Row(post=lambda _: {"label": "Favourite bread", "kind": "text"}),
    "customers:attribute_edit": Row(an_attribute, post=lambda _: {"label": "Favourite bread"}),
    "customers:attribute_archival": Row(an_attribute, get=False, post=lambda _: {}),
    "customers:attribute_restoration": Row(an_archived_attribute, get=False, post=lambda _: {}),
}
