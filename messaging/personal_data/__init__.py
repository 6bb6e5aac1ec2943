"""What messaging knows of a customer: how it is exported, erased, and moved by a merge."""

from customers.contracts import register_personal_data
from messaging.personal_data.consent import ConsentData, SuppressionData, WishData
from messaging.personal_data.flows import EnrolmentsData, EntrancesData
from messaging.personal_data.messages import FrequencySlotData, MessagesData, RepliesData

register_personal_data(
    MessagesData(),
    RepliesData(),
    ConsentData(),
    WishData(),
    SuppressionData(),
    FrequencySlotData(),
    EnrolmentsData(),
    EntrancesData(),
)
