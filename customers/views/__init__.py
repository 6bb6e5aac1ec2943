from customers.views.attributes import attribute_archival, attribute_edit, attribute_list, attribute_restoration
from customers.views.lists import customer_download, customer_list, customer_search, customer_tagging
from customers.views.merges import customer_distinction, customer_merge, duplicate_list, merge_reversal, merge_search
from customers.views.notes import note_archival, note_create, note_edit, tag_create, tag_removal
from customers.views.privacy import customer_erasure, customer_export
from customers.views.profiles import (
    customer_archival,
    customer_create,
    customer_detail,
    customer_edit,
    customer_restoration,
)
from customers.views.tags import tag_deletion, tag_edit, tag_list

__all__ = [
    "attribute_archival",
    "attribute_edit",
    "attribute_list",
    "attribute_restoration",
    "customer_archival",
    "customer_create",
    "customer_detail",
    "customer_distinction",
    "customer_download",
    "customer_edit",
    "customer_erasure",
    "customer_export",
    "customer_list",
    "customer_merge",
    "customer_restoration",
    "customer_search",
    "customer_tagging",
    "duplicate_list",
    "merge_reversal",
    "merge_search",
    "note_archival",
    "note_create",
    "note_edit",
    "tag_create",
    "tag_deletion",
    "tag_edit",
    "tag_list",
    "tag_removal",
]
