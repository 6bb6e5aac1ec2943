"""What granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.production")
application = get_wsgi_application()

from crm.boot import refuse_unsafe_boot  # noqa: E402  Django must be set up first

refuse_unsafe_boot()
