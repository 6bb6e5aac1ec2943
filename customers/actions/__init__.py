from customers.actions.archiving import archive_customer, restore_customer
from customers.actions.attributes import archive_attribute, define_attribute, rename_attribute, restore_attribute
from customers.actions.downloads import note_download
from customers.actions.merging import distinguish_customers, merge_customers, undo_merge
from customers.actions.notes import archive_note, edit_note, write_note
from customers.actions.privacy import erase_customer, export_customer
from customers.actions.profiles import CustomerFields, add_customer, add_external_id, apply_fields, edit_customer
from customers.actions.tags import (
    TAGS_AT_ONCE,
    remove_tag,
    rename_tag,
    tag_customer,
    tag_customers,
    tag_matching_customers,
    tag_named,
    untag_customer,
)

__all__ = [
    "TAGS_AT_ONCE",
    "CustomerFields",
    "add_customer",
    "add_external_id",
    "apply_fields",
    "archive_attribute",
    "archive_customer",
    "archive_note",
    "define_attribute",
    "distinguish_customers",
    "edit_customer",
    "edit_note",
    "erase_customer",
    "export_customer",
    "merge_customers",
    "note_download",
    "remove_tag",
    "rename_attribute",
    "rename_tag",
    "restore_attribute",
    "restore_customer",
    "tag_customer",
    "tag_customers",
    "tag_matching_customers",
    "tag_named",
    "undo_merge",
    "untag_customer",
    "write_note",
]
