from sales.forms.carts import CartForm
from sales.forms.filters import CartFilterForm, OrderFilterForm, ProductFilterForm
from sales.forms.orders import OrderForm, RefundForm
from sales.forms.products import ProductForm
from sales.forms.websites import WebsiteForm

__all__ = [
    "CartFilterForm",
    "CartForm",
    "OrderFilterForm",
    "OrderForm",
    "ProductFilterForm",
    "ProductForm",
    "RefundForm",
    "WebsiteForm",
]
