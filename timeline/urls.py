from django.urls import path

from timeline import views

app_name = "timeline"
urlpatterns = [
    path("", views.dead_letter_list, name="dead_letter_list"),
    path("<int:dead_letter_id>/replay/", views.dead_letter_replay, name="dead_letter_replay"),
]
