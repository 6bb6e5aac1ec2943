from django.urls import path

from sales import views

app_name = "sales"
urlpatterns = [
    path("orders/", views.order_list, name="order_list"),
    path("orders/export/", views.order_export, name="order_export"),
    path("orders/new/", views.order_create, name="order_create"),
    path("orders/customer-choices/", views.customer_choices, name="customer_choices"),
    path("orders/<int:order_id>/", views.order_detail, name="order_detail"),
    path("orders/<int:order_id>/edit/", views.order_edit, name="order_edit"),
    path("orders/<int:order_id>/payment/", views.order_payment, name="order_payment"),
    path("orders/<int:order_id>/fulfilment/", views.order_fulfilment, name="order_fulfilment"),
    path("orders/<int:order_id>/refund/", views.order_refund, name="order_refund"),
    path("orders/<int:order_id>/cancellation/", views.order_cancellation, name="order_cancellation"),
    path("orders/<int:order_id>/reinstatement/", views.order_reinstatement, name="order_reinstatement"),
    path("orders/<int:order_id>/archival/", views.order_archival, name="order_archival"),
    path("orders/<int:order_id>/restoration/", views.order_restoration, name="order_restoration"),
    path("products/", views.product_list, name="product_list"),
    path("products/export/", views.product_export, name="product_export"),
    path("products/new/", views.product_create, name="product_create"),
    path("products/<int:product_id>/", views.product_detail, name="product_detail"),
    path("products/<int:product_id>/buyers/", views.product_buyers, name="product_buyers"),
    path("products/<int:product_id>/edit/", views.product_edit, name="product_edit"),
    path("products/<int:product_id>/archival/", views.product_archival, name="product_archival"),
    path("products/<int:product_id>/restoration/", views.product_restoration, name="product_restoration"),
    path("carts/", views.cart_list, name="cart_list"),
    path("carts/export/", views.cart_export, name="cart_export"),
    path("carts/new/", views.cart_create, name="cart_create"),
    path("carts/<int:cart_id>/", views.cart_detail, name="cart_detail"),
    path("carts/<int:cart_id>/edit/", views.cart_edit, name="cart_edit"),
    path("carts/<int:cart_id>/archival/", views.cart_archival, name="cart_archival"),
    path("settings/website/", views.website, name="website"),
    path("settings/website/secret/", views.website_secret, name="website_secret"),
]
