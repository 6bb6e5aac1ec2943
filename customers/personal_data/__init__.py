"""What this room knows of a customer: how it is exported, erased, and moved to the survivor of a merge."""

from customers.contracts import register_personal_data
from customers.personal_data.labels import AttributeValuesData, NotesData, SegmentMembershipsData, TagsData
from customers.personal_data.profile import ExternalIdsData, FactsData, ProfileData
from customers.personal_data.records import (
    DistinctionsData,
    ImportRowsData,
    IngestedEventsData,
    MergesData,
    PrivacyRequestsData,
)

register_personal_data(
    ProfileData(),
    ImportRowsData(),  # before the external ids, by which it looks
    FactsData(),
    ExternalIdsData(),
    NotesData(),
    TagsData(),
    AttributeValuesData(),
    SegmentMembershipsData(),
    MergesData(),
    DistinctionsData(),
    PrivacyRequestsData(),
    IngestedEventsData(),
)
