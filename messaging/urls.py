from django.urls import path

from messaging import views

app_name = "messaging"
urlpatterns = [
    path("", views.message_list, name="message_list"),
    path("<int:message_id>/", views.message_detail, name="message_detail"),
    path("<int:message_id>/decision/", views.message_decision, name="message_decision"),
    path("<int:message_id>/html/", views.message_html, name="message_html"),
    path("birthdays/", views.birthday_list, name="birthday_list"),
    path("birthday-greeting/", views.birthday_greeting, name="birthday_greeting"),
    path("birthday-greeting/preview/", views.greeting_preview, name="greeting_preview"),
    path("birthday-greeting/switch/", views.greeting_switch, name="greeting_switch"),
    path("birthday-greeting/test/", views.greeting_test, name="greeting_test"),
    path("topics/", views.topic_list, name="topic_list"),
    path("topics/<int:topic_id>/", views.topic_edit, name="topic_edit"),
    path("topics/<int:topic_id>/archival/", views.topic_archival, name="topic_archival"),
    path("topics/<int:topic_id>/restoration/", views.topic_restoration, name="topic_restoration"),
    path("blocked-addresses/", views.suppression_list, name="suppression_list"),
    path("blocked-addresses/<int:suppression_id>/removal/", views.suppression_removal, name="suppression_removal"),
    path("customers/<int:customer_id>/consent/", views.customer_consent, name="customer_consent"),
    path("limits/", views.policy_list, name="policy_list"),
    path("limits/<int:policy_id>/removal/", views.policy_removal, name="policy_removal"),
    path("limits/quiet-hours/", views.quiet_hours, name="quiet_hours"),
    path("limits/quiet-hours/end/", views.quiet_hours_end, name="quiet_hours_end"),
    path("opens-and-clicks/", views.tracking_edit, name="tracking_edit"),
    path("join-page/", views.join_page, name="join_page"),
    path("join-page/qr-code.<str:kind>", views.join_code, name="join_code"),
]
