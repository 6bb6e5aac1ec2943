from django.apps import AppConfig

from accounts.openings import furnish


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging.actions import add_default_topics  # noqa: PLC0415  models are loaded only now

        furnish("topics", add_default_topics)
