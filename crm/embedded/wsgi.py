"""What granian serves under `./run up`: each of its workers ends with it, even after `kill -9`."""

from crm.embedded.process import die_with_parent

die_with_parent()

from crm.wsgi import application as application  # noqa: E402, PLC0414  after the line above: importing takes a second
