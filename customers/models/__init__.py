from customers.models.attributes import Attribute, AttributeValue
from customers.models.customers import Customer, CustomerQuerySet, ExternalId, customer_called
from customers.models.facts import Facts
from customers.models.imports import Import, ImportRow
from customers.models.ingested import IngestedEvent
from customers.models.notes import CustomerTag, Note, Tag
from customers.models.privacy import Distinction, Merge, PrivacyRequest
from customers.models.segments import Segment, SegmentKind, SegmentMembership

__all__ = [
    "Attribute",
    "AttributeValue",
    "Customer",
    "CustomerQuerySet",
    "CustomerTag",
    "Distinction",
    "ExternalId",
    "Facts",
    "Import",
    "ImportRow",
    "IngestedEvent",
    "Merge",
    "Note",
    "PrivacyRequest",
    "Segment",
    "SegmentKind",
    "SegmentMembership",
    "Tag",
    "customer_called",
]
