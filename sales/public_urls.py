"""Below `/p/`: what a workspace's website asks for. Their names are global."""

from django.urls import path

from sales import views

urlpatterns = [
    path("rapport.js", views.snippet, name="snippet"),
    path("<slug:public_key>/visits", views.visit, name="visit"),
]
