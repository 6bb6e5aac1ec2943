"""What segments can ask of messages and consent: what somebody got, what they agreed to, how often they want it."""

from customers.segments.fields import register_segment_fields
from messaging.segment_fields.consent import CONSENT_FIELDS
from messaging.segment_fields.messages import MESSAGE_FIELDS
from messaging.segment_fields.wishes import WISH_FIELDS

register_segment_fields(*MESSAGE_FIELDS, *CONSENT_FIELDS, *WISH_FIELDS)
