from django.urls import path

from customers import views
from customers.views import imports

app_name = "customers"
urlpatterns = [
    path("customers/", views.customer_list, name="customer_list"),
    path("customers/search/", views.customer_search, name="customer_search"),
    path("customers/download/", views.customer_download, name="customer_download"),
    path("customers/tagging/", views.customer_tagging, name="customer_tagging"),
    path("customers/new/", views.customer_create, name="customer_create"),
    path("customers/<int:customer_id>/", views.customer_detail, name="customer_detail"),
    path("customers/<int:customer_id>/edit/", views.customer_edit, name="customer_edit"),
    path("customers/<int:customer_id>/archival/", views.customer_archival, name="customer_archival"),
    path("customers/<int:customer_id>/restoration/", views.customer_restoration, name="customer_restoration"),
    path("customers/duplicates/", views.duplicate_list, name="duplicate_list"),
    path("customers/<int:customer_id>/merge/", views.merge_search, name="merge_search"),
    path("customers/<int:customer_id>/merge/<int:other_id>/", views.customer_merge, name="customer_merge"),
    path(
        "customers/<int:customer_id>/merge/<int:other_id>/distinction/",
        views.customer_distinction,
        name="customer_distinction",
    ),
    path("customers/merges/<int:merge_id>/reversal/", views.merge_reversal, name="merge_reversal"),
    path("customers/<int:customer_id>/export/", views.customer_export, name="customer_export"),
    path("customers/<int:customer_id>/erasure/", views.customer_erasure, name="customer_erasure"),
    path("customers/<int:customer_id>/notes/", views.note_create, name="note_create"),
    path("customers/<int:customer_id>/tags/", views.tag_create, name="tag_create"),
    path("customers/<int:customer_id>/tags/<int:tag_id>/removal/", views.tag_removal, name="tag_removal"),
    path("customers/tags/", views.tag_list, name="tag_list"),
    path("customers/tags/<int:tag_id>/", views.tag_edit, name="tag_edit"),
    path("customers/tags/<int:tag_id>/deletion/", views.tag_deletion, name="tag_deletion"),
    path("customers/notes/<int:note_id>/", views.note_edit, name="note_edit"),
    path("customers/notes/<int:note_id>/archival/", views.note_archival, name="note_archival"),
    path("customers/attributes/", views.attribute_list, name="attribute_list"),
    path("customers/attributes/<int:attribute_id>/", views.attribute_edit, name="attribute_edit"),
    path("customers/attributes/<int:attribute_id>/archival/", views.attribute_archival, name="attribute_archival"),
    path(
        "customers/attributes/<int:attribute_id>/restoration/",
        views.attribute_restoration,
        name="attribute_restoration",
    ),
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/", imports.import_create, name="import_create"),
    path("imports/<int:import_id>/", imports.import_detail, name="import_detail"),
    path("imports/<int:import_id>/columns/", imports.import_columns, name="import_columns"),
    path("imports/<int:import_id>/layout/", imports.import_layout, name="import_layout"),
    path("imports/<int:import_id>/consent/", imports.import_consent, name="import_consent"),
    path("imports/<int:import_id>/start/", imports.import_start, name="import_start"),
    path("imports/<int:import_id>/cancellation/", imports.import_cancellation, name="import_cancellation"),
    path("imports/<int:import_id>/refusals/", imports.import_refusals, name="import_refusals"),
]
