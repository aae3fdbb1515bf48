"""Addresses of evaluations."""

from django.urls import path

from aiops.evaluations.views import results, runs, start, verdicts

app_name = "evaluations"
urlpatterns = [
    path("", runs.run_list, name="list"),
    path("new/", start.start, name="start"),
    path("policy/<slug:slug>/", verdicts.policy, name="policy"),
    path("verdicts/<int:verdict_id>/", verdicts.verdict_page, name="verdict"),
    path("verdicts/<int:verdict_id>/accept/", verdicts.accept, name="accept"),
    path("<int:pk>/compare/", verdicts.compare, name="compare"),
    path("<int:pk>/against/<int:baseline>/", verdicts.against, name="against"),
    path("<int:pk>/", runs.run_page, name="run"),
    path("<int:pk>/progress/", runs.run_progress, name="progress"),
    path("<int:pk>/cancel/", runs.cancel, name="cancel"),
    path("<int:pk>/continue/", runs.go_on, name="continue"),
    path("<int:pk>/results/", runs.run_results, name="results"),
    path("<int:pk>/results.csv", results.export_csv, name="csv"),
    path("<int:pk>/results.jsonl", results.export_jsonl, name="jsonl"),
    path("<int:pk>/results/<int:result_id>/", results.result_page, name="result"),
]
