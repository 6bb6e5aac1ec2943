from messaging.views.joining import join
from messaging.views.links import confirmation, preferences, unsubscribe

__all__ = ["confirmation", "join", "preferences", "unsubscribe"]
