"""The suite: real Postgres and Valkey (tests/conftest.py starts them), created as owner, queried as crm_app."""

from crm.settings.base import *  # noqa: F403  settings are layered by name
from crm.settings.base import BASE_DIR, CACHES, CELERY_BROKER_URL, DATABASES, env

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
