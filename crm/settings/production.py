"""What a deployment must decide. A missing variable stops the boot, not a later request."""

from crm.settings.base import *  # noqa: F403  settings are layered by name
from crm.settings.base import env

SECRET_KEY = env.str("SECRET_KEY")
# Whoever must never be written to is known by a hash made with this. Another key would forget them all, so it is not
# SECRET_KEY, which may have to change.
ADDRESS_HASH_KEY = env.str("ADDRESS_HASH_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
PUBLIC_URL = env.str("PUBLIC_URL")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL")
DEBUG = False

# How many proxies of our own stand in front: whose word is taken for where a request came from.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 1)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

# Every page asks for the hashed names: the plain copies would only double the work of compressing them.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
