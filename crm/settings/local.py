"""`./run up`: the production code path on one machine, over plain HTTP."""

from crm.settings.base import *  # noqa: F403  settings are layered by name
from crm.settings.base import STORAGES, env

SECRET_KEY = env.str("SECRET_KEY")
ADDRESS_HASH_KEY = env.str("ADDRESS_HASH_KEY", SECRET_KEY)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
DEBUG = False

# Served from where they lie: nothing to collect, so an upgrade cannot leave old ones behind.
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
