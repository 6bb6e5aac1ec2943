"""Below `/p/`: what the links of messages lead to, and the page to sign up. Their names are global: mail names them."""

from django.urls import path

from messaging import views

urlpatterns = [
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("preferences/<str:token>/", views.preferences, name="preferences"),
    path("confirm/<str:token>/", views.confirmation, name="confirmation"),
    path("<str:public_key>/join/", views.join, name="join"),
]
