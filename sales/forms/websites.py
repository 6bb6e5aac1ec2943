from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sales.models import Website
from sales.sites import site_of

MOST_SITES = 20
# A host, and a port where there is one.
_SITE = re.compile(r"(?=.{1,255}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?")


class WebsiteForm(forms.Form):
    sites = forms.CharField(
        label=gettext_lazy("Your sites"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "One to a line. Only pages on them, and on what is below them, are listened to: shop.example is also "
            "www.shop.example. A port is named too, as in localhost:3000."
        ),
    )
    is_on = forms.BooleanField(
        label=gettext_lazy("Listen to the snippet"),
        required=False,
        help_text=gettext_lazy("Switched off, nothing that the snippet tells is taken. What was told before stays."),
    )

    def __init__(self, data: Any, *, website: Website) -> None:
        super().__init__(data, initial={"sites": "\n".join(website.sites), "is_on": website.is_on})

    def clean_sites(self) -> list[str]:
        """Whatever of an address people write: the host is taken out of it."""
        lines = [line.strip().lower() for line in self.cleaned_data["sites"].splitlines() if line.strip()]
        sites = []
        for line in lines:
            site = _as_browsers_say(site_of(line if "://" in line else f"https://{line}").removeprefix("www."))
            if not _SITE.fullmatch(site):
                raise forms.ValidationError(
                    _("“%(line)s” is not a site: write it like shop.example."), params={"line": line}
                )
            sites.append(site)
        if len(sites) > MOST_SITES:
            raise forms.ValidationError(_("At most %(most)s sites are possible."), params={"most": MOST_SITES})
        return list(dict.fromkeys(sites))

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("is_on") and given.get("sites") == []:
            self.add_error("sites", _("Name the site that the snippet is on, or nobody could be listened to."))
        return given


def _as_browsers_say(site: str) -> str:
    """Letters beyond a to z are written otherwise in an `Origin`: bücher.example is xn--bcher-kva.example."""
    try:
        return site.encode("idna").decode()
    except UnicodeError:
        return ""
