from django.urls import path

from aiops.knowledge import views

app_name = "knowledge"
urlpatterns = [
    path("", views.knowledge, name="feature"),
    path("load/", views.start, name="load"),
    path("loads/<int:pk>/", views.progress, name="progress"),
    path("loads/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("documents/<int:pk>/", views.document, name="document"),
    path("documents/<int:pk>/remove/", views.remove, name="remove"),
]
