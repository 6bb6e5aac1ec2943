"""`./run up`: the production code path on one machine, over plain HTTP."""

from crm.settings.base import *  # noqa: F403  settings are layered by name
from crm.settings.base import env

SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
DEBUG = False
