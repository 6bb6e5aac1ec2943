from messaging.actions.queueing import queue_messages

__all__ = ["queue_messages"]
