from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.models import TrackingPolicy

MOST_DOMAINS = 20
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


class TrackingForm(forms.Form):
    counts_clicks = forms.BooleanField(
        label=gettext_lazy("Count which links are followed"),
        required=False,
        help_text=gettext_lazy(
            "Links of newsletters and automations first lead here, and then on to where they lead. What was asked for, "
            "such as a confirmation, is never counted, and neither is who unsubscribes or chooses topics."
        ),
    )
    counts_opens = forms.BooleanField(
        label=gettext_lazy("Count who opens messages"),
        required=False,
        help_text=gettext_lazy(
            "By an invisible picture. Many mail programs fetch it unasked, so machines are told apart from people, and "
            "clicks say more. In some countries you need your customers' consent to it: your privacy notice must "
            "mention it."
        ),
    )
    own_domains = forms.CharField(
        label=gettext_lazy("Your own sites"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "shop.example"}),
        help_text=gettext_lazy(
            "One domain to a line. Links to them, and to what is below them, are given utm_source, utm_medium, "
            "utm_campaign and utm_content for your site's statistics, where they have none yet."
        ),
    )
    utm_source = forms.CharField(
        label=gettext_lazy("Source of your visitors (utm_source)"),
        max_length=60,
        validators=TrackingPolicy._meta.get_field("utm_source").validators,
    )

    def __init__(self, data: Any, *, policy: TrackingPolicy) -> None:
        initial = {
            "counts_clicks": policy.counts_clicks,
            "counts_opens": policy.counts_opens,
            "own_domains": "\n".join(policy.own_domains),
            "utm_source": policy.utm_source,
        }
        super().__init__(data, initial=initial)

    def clean_own_domains(self) -> list[str]:
        """Whatever of an address people write: the domain is taken out of it."""
        lines = (line.strip().lower() for line in self.cleaned_data["own_domains"].splitlines())
        domains = [
            re.sub(r"^https?://|^www\.|[/:?#].*$", "", re.sub(r"^https?://", "", line)) for line in lines if line
        ]
        for domain in domains:
            if not _DOMAIN.fullmatch(domain):
                raise forms.ValidationError(
                    _("“%(domain)s” is not a domain: write it like shop.example."), params={"domain": domain}
                )
        if len(domains) > MOST_DOMAINS:
            raise forms.ValidationError(_("At most %(most)s domains are possible."), params={"most": MOST_DOMAINS})
        return list(dict.fromkeys(domains))
