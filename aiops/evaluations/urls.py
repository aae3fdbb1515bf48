"""Addresses of evaluations."""

from django.urls import path

from aiops.evaluations.views import (
    compare,
    grade_files,
    grading,
    judges,
    pairwise,
    results,
    runs,
    start,
    verdicts,
)

app_name = "evaluations"
urlpatterns = [
    path("", runs.run_list, name="list"),
    path("new/", start.start, name="start"),
    path("compare/", compare.compare_page, name="side-by-side"),
    path("compare/comparison.csv", compare.compare_csv, name="side-by-side-csv"),
    path("compare/matrix/", compare.matrix_page, name="matrix"),
    path("compare/matrix.csv", compare.matrix_csv, name="matrix-csv"),
    path("compare/case/", compare.compare_case, name="compare-case"),
    path("policy/<slug:slug>/", verdicts.policy, name="policy"),
    path("grading/", grading.grading, name="grading"),
    path("judges/", judges.judge_list, name="judges"),
    path("judges/<slug:slug>/<str:digest>/", judges.judge_page, name="judge"),
    path("verdicts/<int:verdict_id>/", verdicts.verdict_page, name="verdict"),
    path("verdicts/<int:verdict_id>/accept/", verdicts.accept, name="accept"),
    path("<int:pk>/pairwise/", pairwise.start, name="pairwise-start"),
    path("pairwise/<int:pairwise_id>/", pairwise.page, name="pairwise"),
    path("pairwise/<int:pairwise_id>/progress/", pairwise.progress, name="pairwise-progress"),
    path("pairwise/<int:pairwise_id>/cancel/", pairwise.cancel, name="pairwise-cancel"),
    path("pairwise/<int:pairwise_id>/continue/", pairwise.go_on, name="pairwise-continue"),
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
    path("<int:pk>/results/<int:result_id>/grade/", grading.grade_one, name="grade-result"),
    path("<int:pk>/grade/", grading.samples, name="grade"),
    path("<int:pk>/grade/<int:sample_id>/", grading.grade_sample, name="grade-sample"),
    path("<int:pk>/grades/<int:grade_id>/withdraw/", grading.withdraw, name="withdraw"),
    path("<int:pk>/grades/import/", grade_files.import_grades, name="import-grades"),
    path("<int:pk>/grades/import/<int:upload>/", grade_files.upload_page, name="grade-upload"),
    path("<int:pk>/grades/import/<int:upload>/confirm/", grade_files.confirm, name="confirm-grades"),
]
