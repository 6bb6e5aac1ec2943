from messaging.api.consents import ConsentViewSet
from messaging.api.messages import MessageViewSet

__all__ = ["ConsentViewSet", "MessageViewSet"]
