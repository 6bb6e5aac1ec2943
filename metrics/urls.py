from django.urls import path

from metrics import views

app_name = "metrics"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("metrics/<slug:key>/", views.metric_rows, name="metric_rows"),
]
