from messaging.api.campaigns import CampaignViewSet
from messaging.api.consents import ConsentViewSet
from messaging.api.flows import FlowViewSet
from messaging.api.messages import MessageViewSet
from messaging.api.templates import TemplateViewSet
from messaging.api.wishes import ContactWishViewSet

__all__ = [
    "CampaignViewSet",
    "ConsentViewSet",
    "ContactWishViewSet",
    "FlowViewSet",
    "MessageViewSet",
    "TemplateViewSet",
]
