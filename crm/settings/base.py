"""What every installation shares. What one must decide for itself is in `production`, `local` or `test`."""

from pathlib import Path

import django_stubs_ext
import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()
# Lets forms and fields be written with their type, as in ModelForm[Workspace].
django_stubs_ext.monkeypatch()

ROOT_URLCONF = "crm.urls"
WORKSPACE_URLCONF = "crm.workspace_urls"
WSGI_APPLICATION = "crm.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "template_partials",
    "csp",
    "accounts",
    "timeline",
    "customers",
    "sales",
    "messaging",
    "metrics",
    "crm",
]

# The order matters: programs leave at the gate, WhiteNoise answers files before anything of a page runs, the workspace
# opens last and so closes first.
MIDDLEWARE = [
    "crm.api_errors.ApiErrorMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "crm.api_gate.ApiGateMiddleware",
    "crm.body_limit.BodyLimitMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.WorkspaceMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials", "crm.templatetags.rapport"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.workspace",
                "crm.context_processors.mailbox",
                "crm.context_processors.navigation",
            ],
        },
    },
]

# --- Data ------------------------------------------------------------------------------------------------------------


def postgres(variable: str) -> dict[str, object]:
    """The settings of one database role, from its URL. A request is one transaction (ADR 0001)."""
    return {
        **env.db(variable),
        "ENGINE": "crm.postgres",
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # A transaction pooler may stand between us and Postgres: no session state survives it.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


# `default` is crm_app, held by row-level security; `owner` is crm_owner, which only migrates (ADR 0001).
DATABASES = {"default": postgres("DATABASE_URL")}
if "DATABASE_OWNER_URL" in env:
    DATABASES["owner"] = postgres("DATABASE_OWNER_URL") | {"ATOMIC_REQUESTS": False}

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.str("CACHE_URL", REDIS_URL),
        # Seconds. A cache that hangs is worth less than none.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5},
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- Work ------------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 50 * 60
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# kombu sweeps for the jobs of dead workers every interval x throttle seconds; its own 10 x 10 is far too seldom.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}

# --- Mail ------------------------------------------------------------------------------------------------------------

EMAIL_URL = env.str("EMAIL_URL", "consolemail://")
globals().update(env.email_url_config(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Rapport <rapport@localhost>")
PUBLIC_URL = env.str("PUBLIC_URL", "http://localhost:8000")
# How the mail server is treated: connections of each worker process (also how many messages can be in doubt when one is
# killed), seconds to wait for a reply and for the last word on a message, messages a second, in all and to one domain
# (0: as many as it takes).
SMTP_CONNECTIONS = env.int("SMTP_CONNECTIONS", 10)
SMTP_REPLY_SECONDS = env.float("SMTP_REPLY_SECONDS", 60.0)
SMTP_BODY_SECONDS = env.float("SMTP_BODY_SECONDS", 300.0)
SMTP_RATE = env.int("SMTP_RATE", 0)
SMTP_DOMAIN_RATE = env.int("SMTP_DOMAIN_RATE", 0)
# Messages that a worker claims at a time, and seconds for which they are its own: a worker that dies costs its messages
# that delay.
MESSAGE_CHUNK = env.int("MESSAGE_CHUNK", 500)
MESSAGE_LEASE_SECONDS = env.float("MESSAGE_LEASE_SECONDS", 120.0)
# The mail server's log (Postfix), which settles what became of messages whose worker was killed.
RELAY_LOG = env.str("RELAY_LOG", "")
# Where answers and bounces arrive: the address that messages name for them, and where its mail is read, as
# imaps://user:password@host/INBOX or maildir:///folder. Unset, answers go to the workspace's own address.
INBOUND_ADDRESS = env.str("INBOUND_ADDRESS", "")
INBOUND_URL = env.str("INBOUND_URL", "")
# The mail provider (`postmark`, `mailgun`, …) that calls /p/provider/ with what became of messages, and the
# user:password that it calls with. Some sign their calls as well: their keys are called as in django-anymail's manual.
MAIL_PROVIDER = env.str("MAIL_PROVIDER", "")
PROVIDER_SECRET = env.str("PROVIDER_SECRET", "")
ANYMAIL = {
    "WEBHOOK_SECRET": [PROVIDER_SECRET] if PROVIDER_SECRET else [],
    **{name.removeprefix("ANYMAIL_"): value for name, value in env.ENVIRON.items() if name.startswith("ANYMAIL_")},
}
# Where `./run up` keeps the mail that it catches; unset, there is no mailbox to look into.
MAILBOX_DIR = env.str("MAILBOX_DIR", "")

# --- Sign-in ---------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_FORMS = {
    "login": "accounts.forms.signing_in.LoginForm",
    "signup": "accounts.forms.signing_in.SignupForm",
    "reauthenticate": "accounts.forms.signing_in.ReauthenticateForm",
    "add_email": "accounts.forms.signing_in.AddEmailForm",
    "change_password": "accounts.forms.signing_in.ChangePasswordForm",
    "reset_password": "accounts.forms.signing_in.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.signing_in.ResetPasswordKeyForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "workspace_list"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Pages -----------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [BASE_DIR / "locale"]

# Absolute, or Django would put the workspace's script prefix before it.
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", BASE_DIR / "build" / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str("STATICFILES_STORAGE", "whitenoise.storage.CompressedManifestStaticFilesStorage"),
    },
}
MEDIA_ROOT = env.path("MEDIA_ROOT", BASE_DIR / "build" / "media")

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Security --------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    },
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "crm.views.csrf_failure"
# Bytes of a request's body: of one file of an import, and of anything else.
IMPORT_MOST_BYTES = env.int("IMPORT_MOST_BYTES", 2 << 30)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
# The longest order has 500 lines of six fields each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

# --- Log -------------------------------------------------------------------------------------------------------------

# To the process's own output, where whoever runs it looks; Django alone would write errors of pages nowhere.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"level": "ERROR"},  # who asks for what is not there is no news
    },
}

# --- API -------------------------------------------------------------------------------------------------------------

# What one key may ask: so many requests a second on average, and so many at once.
API_REQUESTS_PER_SECOND = env.float("API_REQUESTS_PER_SECOND", 50)
API_BURST = env.int("API_BURST", 500)
# And what the snippet on a workspace's website may: from all of its visitors together, and from one connection.
VISITS_PER_SECOND = env.float("VISITS_PER_SECOND", 200)
VISITS_BURST = env.int("VISITS_BURST", 2000)
VISITS_PER_SECOND_OF_CONNECTION = env.float("VISITS_PER_SECOND_OF_CONNECTION", 2)
VISITS_BURST_OF_CONNECTION = env.int("VISITS_BURST_OF_CONNECTION", 120)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api_authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api_authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.rest.parsing.StrictJsonParser"],
    "DEFAULT_SCHEMA_CLASS": "accounts.rest.schema.ResourceSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "crm.api_errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    # The format is JSON; a parameter `format` would be one more way to be misunderstood.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Rapport API",
    "VERSION": "1",
    "DESCRIPTION": (
        "What your shop, till or site knows, brought to Rapport, and what Rapport knows, brought back. "
        "Make a key in the workspace's settings, and send it as `Authorization: Bearer rk_…`."
    ),
    "POSTPROCESSING_HOOKS": ["crm.openapi.complete"],
}
