from __future__ import annotations

from messaging.models import FrequencyPolicy, QuietHours


def quiet_hours() -> QuietHours | None:
    return QuietHours.objects.first()


def frequency_policies() -> list[FrequencyPolicy]:
    return list(FrequencyPolicy.objects.filter(is_wish=False))
