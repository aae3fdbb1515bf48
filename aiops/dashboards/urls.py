"""Addresses of the dashboards."""

from django.urls import path

from aiops.dashboards import audit_views, health_views, views

app_name = "dashboards"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search_page, name="search"),
    path("switch/", views.switch, name="switch"),
    path("admin/", views.admin, name="admin"),
    path("health/", health_views.health, name="health"),
    path("health.csv", health_views.health_csv, name="health-csv"),
    path("audit/", audit_views.audit, name="audit"),
    path("audit.csv", audit_views.audit_csv, name="audit-csv"),
    path("audit/verify/", audit_views.verify, name="audit-verify"),
]
