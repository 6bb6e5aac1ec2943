from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        """What the rooms above contribute to the contracts registers itself by being imported."""
        for module in ("personal_data", "panels", "imports", "segment_fields"):
            autodiscover_modules(module)
