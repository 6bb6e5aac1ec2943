from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        import accounts.rest.schema  # noqa: F401, PLC0415  # registers itself by being imported
