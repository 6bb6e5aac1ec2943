from messaging.api.campaigns import CampaignViewSet
from messaging.api.consents import ConsentViewSet
from messaging.api.messages import MessageViewSet
from messaging.api.templates import TemplateViewSet

__all__ = ["CampaignViewSet", "ConsentViewSet", "MessageViewSet", "TemplateViewSet"]
