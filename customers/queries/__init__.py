from customers.queries.filtering import CustomerFilter, found_by, matching_customers
from customers.queries.listing import (
    MOST_COUNTED,
    count_up_to,
    customer_batch,
    customer_page,
    known_sort,
    source_channels,
)
from customers.queries.privacy import everything_known, known_counts, people_of
from customers.queries.profiles import attributes_with_uses, newest_notes, tags_of, who_they_are
from customers.queries.searching import MOST_FOUND, Found, best_customers, find_customers
from customers.queries.segments import (
    archived_segments,
    field_catalogue,
    lists_by_name,
    member_page,
    property_operators,
    segments_by_name,
    segments_of,
)
from customers.queries.tags import tags_with_uses
from customers.queries.timeline import identities, timeline_page

__all__ = [
    "MOST_COUNTED",
    "MOST_FOUND",
    "CustomerFilter",
    "Found",
    "archived_segments",
    "attributes_with_uses",
    "best_customers",
    "count_up_to",
    "customer_batch",
    "customer_page",
    "everything_known",
    "field_catalogue",
    "find_customers",
    "found_by",
    "identities",
    "known_counts",
    "known_sort",
    "lists_by_name",
    "matching_customers",
    "member_page",
    "newest_notes",
    "people_of",
    "property_operators",
    "segments_by_name",
    "segments_of",
    "source_channels",
    "tags_of",
    "tags_with_uses",
    "timeline_page",
    "who_they_are",
]
