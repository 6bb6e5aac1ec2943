from __future__ import annotations

from enum import StrEnum


class Teller(StrEnum):
    """Who says it: the shop itself, a browser whose customer the shop vouches for, or any browser."""

    SHOP = "shop"
    CUSTOMER = "customer"
    VISITOR = "visitor"
