"""Addresses of spend and budgets."""

from django.urls import path

from aiops.dashboards import budget_views, spend_views

app_name = "spend"
urlpatterns = [
    path("", spend_views.spend, name="page"),
    path("spend.csv", spend_views.spend_csv, name="csv"),
    path("budgets/", budget_views.budget_list, name="budgets"),
    path("budgets.csv", budget_views.budgets_csv, name="budgets-csv"),
    path("budgets/new/", budget_views.new_budget, name="new-budget"),
    path("budgets/<int:pk>/", budget_views.budget_page, name="budget"),
    path("budgets/<int:pk>/remove/", budget_views.remove_budget, name="remove"),
    path("requests/<int:pk>/answer/", budget_views.answer, name="answer"),
    path("leases/<int:pk>/reconcile/", budget_views.reconcile, name="reconcile"),
]
