"""The suite: real Postgres and Valkey (tests/conftest.py starts them), created as owner, queried as crm_app."""

from crm.settings.base import *  # noqa: F403  settings are layered by name
from crm.settings.base import BASE_DIR, CACHES, CELERY_BROKER_URL, DATABASES, INSTALLED_APPS, env

# Each xdist worker has its own cache and its own broker in Valkey, as it has its own database in Postgres.
WORKER = int(env.str("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
CACHES["default"]["OPTIONS"] = {"db": 2 + 2 * WORKER}
CELERY_BROKER_URL = f"{CELERY_BROKER_URL.partition('?')[0]}?virtual_host={3 + 2 * WORKER}"

SECRET_KEY = "only-for-tests"  # noqa: S105  not a secret: nothing signed here leaves the test
ADDRESS_HASH_KEY = SECRET_KEY
ALLOWED_HOSTS = ["*"]
DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = None
MEDIA_ROOT = BASE_DIR / "build" / "test-media"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Nothing is collected for a test: static files come straight from their sources.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True

# `./run check` lints migrations: the release before must run on the newer schema (docs/operations.md, Upgrade).
INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]
MIGRATION_LINTER_OPTIONS = {
    "exclude_apps": ["account", "auth", "contenttypes", "sessions"],
    "ignore_initial_migrations": True,
    # Older than the first release: nothing ran on the schema before them.
    "ignore_name": [
        "0002_names_and_filters",
        "0003_imports_in_the_worker",
        "0002_consent_and_suppression",
        "0002_lists_by_value_and_channel",
        # Its unique indexes are over the few limits that a workspace has, and what ran before obeys them.
        "0017_limits_that_are_wishes",
    ],
    "no_cache": True,
    "quiet": ["ok", "ignore"],
    "warnings_as_errors": True,
}
