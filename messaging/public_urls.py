"""Below `/p/`: what the links of messages lead to, and the page to sign up. Their names are global: mail names them."""

from django.urls import path

from messaging import views

urlpatterns = [
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("preferences/<str:token>/", views.preferences, name="preferences"),
    path("confirm/<str:token>/", views.confirmation, name="confirmation"),
    path("c/<str:token>/", views.click, {"link": ""}, name="click"),
    path("c/<str:token>/<str:link>/", views.click, name="click"),
    path("o/<str:token>/", views.opening, name="opening"),
    path("provider/<str:provider>/<str:kind>/", views.provider_call, name="provider_call"),
    path("<str:public_key>/join/", views.join, name="join"),
]
