from __future__ import annotations

from messaging.models import Template, TemplateVersion


def newest_version(template: Template) -> TemplateVersion | None:
    return TemplateVersion.objects.filter(template=template).order_by("-number").first()
