"""What is known of a customer's buying: how it is exported, erased, and moved by a merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.contracts import PersonalData, register_personal_data
from customers.models import Customer
from sales.models import Cart, Order, PageView, ProductView, Refund


class _ByCustomer(PersonalData):
    """Rows that belong to a customer by their key `customer` alone."""

    model: ClassVar[type[Order | Cart | PageView | ProductView]]

    def rows(self, customer: Customer) -> models.QuerySet[Any]:
        return self.model.objects.filter(customer=customer)

    def move(self, *, absorbed: Customer, survivor: Customer) -> list[int]:
        ids = list(self.rows(absorbed).order_by("pk").values_list("pk", flat=True))
        self.rows(absorbed).update(customer=survivor)
        return ids

    def move_back(self, ids: Sequence[int], *, absorbed: Customer) -> None:
        self.model.objects.filter(pk__in=ids).update(customer=absorbed)


class OrdersData(_ByCustomer):
    """Erased, an order stays: tax law makes a business keep its books for years, and they would no longer add up.

    It points at a profile that says nothing any more. What staff wrote about a refund may name somebody, so it goes.
    """

    model = Order
    label = _("Orders")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for order in Order.objects.filter(customer=customer).with_lines().with_refunds().order_by("placed_at", "pk"):
            yield {
                "number": order.number,
                "source": order.source,
                "channel": order.channel,
                "placed_at": order.placed_at,
                "paid_at": order.paid_at,
                "fulfilled_at": order.fulfilled_at,
                "cancelled_at": order.cancelled_at,
                "currency": order.currency,
                "total_minor": order.total_minor,
                "discount_minor": order.discount_minor,
                "lines": [
                    {
                        "description": line.description,
                        "quantity": line.quantity,
                        "unit_price_minor": line.unit_price_minor,
                        "total_minor": line.total_minor,
                    }
                    for line in order.lines.all()
                ],
                "refunds": [
                    {"amount_minor": refund.amount_minor, "reason": refund.reason, "refunded_at": refund.refunded_at}
                    for refund in order.refunds.all()
                ],
            }

    def erase(self, customer: Customer) -> int:
        return Refund.objects.filter(order__customer=customer).exclude(reason="").update(reason="")


class CartsData(_ByCustomer):
    """Erased, a cart goes: what somebody nearly bought is in no books, and its address may lead to their session."""

    model = Cart
    label = _("Carts")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for cart in Cart.objects.filter(customer=customer).with_lines().order_by("created_at", "pk"):
            yield {
                "key": cart.key,
                "created_at": cart.created_at,
                "touched_at": cart.touched_at,
                "ordered_at": cart.ordered_at,
                "currency": cart.currency,
                "total_minor": cart.total_minor,
                "url": cart.url,
                "lines": [
                    {
                        "description": line.description,
                        "quantity": line.quantity,
                        "unit_price_minor": line.unit_price_minor,
                    }
                    for line in cart.lines.all()
                ],
            }

    def erase(self, customer: Customer) -> int:
        carts = self.rows(customer)
        count = carts.count()
        carts.delete()
        return count


class _Views(_ByCustomer):
    """Erased, they go: where somebody looked is about nothing but them."""

    def erase(self, customer: Customer) -> int:
        count, _ = self.rows(customer).delete()
        return count


class PageViewsData(_Views):
    model = PageView
    label = _("Page views")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for view in self.rows(customer).order_by("viewed_at", "pk"):
            yield {"viewed_at": view.viewed_at, "name": view.name, "path": view.path}


class ProductViewsData(_Views):
    model = ProductView
    label = _("Products viewed")

    def export(self, customer: Customer) -> Iterator[dict[str, Any]]:
        for view in self.rows(customer).order_by("viewed_at", "pk"):
            yield {
                "viewed_at": view.viewed_at,
                "sku": view.sku,
                "name": view.name,
                "price_minor": view.price_minor,
                "currency": view.currency,
                "url": view.url,
            }


register_personal_data(OrdersData(), CartsData(), PageViewsData(), ProductViewsData())
