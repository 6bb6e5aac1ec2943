from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TimelineConfig(AppConfig):
    name = "timeline"

    def ready(self) -> None:
        """Every app's events and subscribers register themselves by being imported."""
        autodiscover_modules("events")
        autodiscover_modules("subscribers")
