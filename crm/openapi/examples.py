"""One request of each operation that has a body. tests/api/test_openapi.py sends every one of them.

An id such as `cus_UkLWZg9D` stands for one of the reader's own.
"""

from __future__ import annotations

from typing import Any

_ANNA = {
    "name": "Anna Bloom",
    "email": "anna@mail.example",
    "birthday": "03-12",
    "city": "Berlin",
    "country": "DE",
    "tags": ["regular"],
    "attributes": {"favourite_bread": "rye"},
}
_BREADS = [
    {"description": "Rye loaf", "quantity": 2, "unit_price_minor": 450},
    {"description": "Pretzel", "quantity": 3, "unit_price_minor": 120},
]

_REGULARS = {
    "match": "all",
    "rules": [
        {"field": "orders", "is": "at_least", "value": 2, "within_days": 90},
        {"match": "any", "rules": [
            {"field": "consent", "is": "given", "value": ["news"]},
            {"field": "custom.Recipe Saved", "is": "at_least", "value": 1,
             "where": {"minutes": {"is": "at_least", "value": 60}}},
        ]},
        {"match": "none", "rules": [{"field": "messages_opened", "is": "at_least", "value": 1, "within_days": 7}]},
    ],
}  # fmt: skip

_WELCOME_BACK = {
    "trigger": {"on": "event", "event": "OrderPlaced"},
    "filter": {"match": "all", "rules": [{"field": "orders", "is": "at_least", "value": 2}]},
    "reentry": {"policy": "cooldown", "days": 90},
    "exits": [{"event": "OrderCancelled"}],
    "goal": {"event": "OrderPlaced", "within_days": 5},
    "holdout_percent": 10,
    "steps": [
        {"key": "a-week", "do": "wait", "days": 7, "at": "09:00"},
        {"key": "local", "do": "branch", "if": {
            "match": "all", "rules": [{"field": "city", "is": "equals", "value": "Berlin"}]},
            "then": [{"key": "near", "do": "tag", "tag": "near us"}], "else": []},
    ],
}  # fmt: skip

EXAMPLES: dict[str, dict[str, Any]] = {
    "identify": {
        "userId": "1042",
        "anonymousId": "a-7f3c",
        "messageId": "0197b5a1-identify",
        "traits": {"name": "Anna Bloom", "email": "anna@mail.example", "birthday": "1990-03-12", "favourite": "rye"},
    },
    "track": {
        "userId": "1042",
        "event": "Recipe Saved",
        "messageId": "0197b5a1-track",
        "timestamp": "2026-03-02T09:30:00Z",
        "properties": {"recipe": "Sourdough", "minutes": 90},
    },
    "page": {
        "anonymousId": "a-7f3c",
        "name": "Rye bread",
        "messageId": "0197b5a1-page",
        "properties": {"path": "/breads/rye"},
    },
    "alias": {"userId": "1042", "previousId": "a-7f3c", "messageId": "0197b5a1-alias"},
    "batch": {
        "sentAt": "2026-03-02T09:31:00Z",
        "batch": [
            {"type": "page", "anonymousId": "a-7f3c", "name": "Rye bread", "messageId": "0197b5a2-1"},
            {
                "type": "track",
                "userId": "1042",
                "event": "Order Completed",
                "messageId": "0197b5a2-2",
                "properties": {
                    "order_id": "W-1001",
                    "total": 12.6,
                    "currency": "EUR",
                    "products": [{"sku": "RYE", "name": "Rye loaf", "price": 4.2, "quantity": 3}],
                },
            },
        ],
    },
    "consents_create": {
        "consents": [
            {
                "customer": "cus_UkLWZg9D",
                "topic": "news",
                "state": "given",
                "at": "2026-03-02T09:30:00Z",
                "wording": "Yes, tell me about new breads by e-mail.",
                "detail": "The form at the till",
            },
        ],
    },
    "customers_wish_partial_update": {"paused_until": None, "less_often": True},
    "templates_create": {
        "name": "New breads",
        "subject": "New at {{ workspace.name }}",
        "preheader": "Three loaves to try",
        "blocks": [
            {"type": "heading", "text": "New breads", "level": 1},
            {"type": "text", "text": "Dear {{ customer.first_name or 'customer' }},\n\nCome and try them."},
            {"type": "products", "list": "best", "most": 3, "prices": True},
        ],
    },
    "templates_partial_update": {"subject": "New breads at {{ workspace.name }}"},
    "templates_preview_create": {"customer": "cus_UkLWZg9D"},
    "flows_create": {"name": "Welcome back", "definition": _WELCOME_BACK},
    "flows_partial_update": {"name": "Welcome back, soon", "definition": _WELCOME_BACK, "based_on": 1},
    "flows_check_create": {"definition": _WELCOME_BACK},
    "flows_enrolments_create": {"customers": ["cus_UkLWZg9D"]},
    "flows_switch_create": {"is_on": False, "inside": "stay"},
    "segments_create": {"name": "Regulars", "definition": _REGULARS},
    "segments_partial_update": {"name": "Regulars who read us"},
    "segments_members_create": {"add": ["cus_UkLWZg9D"], "remove": []},
    "segments_preview_create": {"definition": _REGULARS},
    "campaigns_create": {
        "name": "Apple cake",
        "subject": "Apple cake is back",
        "body": "Dear {{ customer.first_name or 'customer' }},\n\nCome by!",
        "topic": "news",
        "reach": "topic",
        "timing": "customer",
        "send_on": "2027-05-01",
        "send_time": "09:30",
        "holdout_percent": 10,
    },
    "campaigns_retry_create": {"reasons": ["refused"]},
    "customers_create": _ANNA,
    "customers_partial_update": {"city": "Hamburg", "attributes": {"favourite_bread": None}},
    "customers_batch_create": {
        "source": "shop",
        "customers": [
            {"external_id": "1042", **_ANNA},
            {"external_id": "1043", "name": "Bert Rossi", "phone": "+49 30 1234567"},
        ],
    },
    "products_create": {"sku": "RYE", "name": "Rye loaf", "category": "Bread", "price_minor": 450},
    "products_partial_update": {"price_minor": 470},
    "orders_create": {
        "customer": "cus_UkLWZg9D",
        "number": "W-1002",
        "channel": "web",
        "placed_at": "2026-03-02T09:30:00Z",
        "lines": _BREADS,
    },
    "orders_partial_update": {"channel": "market"},
    "orders_payment_create": {"paid_at": "2026-03-02T10:00:00Z"},
    "orders_fulfilment_create": {"fulfilled_at": "2026-03-02T12:00:00Z"},
    "orders_cancellation_create": {"cancelled_at": "2026-03-02T11:00:00Z"},
    "orders_refunds_create": {"amount_minor": 100, "reason": "One was burnt", "key": "refund-1"},
    "orders_batch_create": {
        "source": "shop",
        "orders": [
            {
                "number": "W-1003",
                "placed_at": "2026-03-02T09:30:00Z",
                "total_minor": 1260,
                "customer_external_id": "1042",
                "channel": "web",
                "lines": [{"sku": "RYE", "name": "Rye loaf", "quantity": 3, "unit_price_minor": 420}],
            }
        ],
    },
    "carts_create": {"key": "cart-77", "customer": "cus_UkLWZg9D", "lines": _BREADS},
    "carts_partial_update": {"lines": _BREADS[:1], "url": "https://bakery.example/cart/77"},
}
