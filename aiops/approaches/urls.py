"""Addresses of approaches."""

from django.urls import path

from aiops.approaches.views import classifiers, rule_sets

app_name = "approaches"
urlpatterns = [
    path("", rule_sets.rule_set_list, name="rule-sets"),
    path("rules/new/", rule_sets.new_rule_set, name="new-rule-set"),
    path("rules/<slug:name>/", rule_sets.rule_set_page, name="rule-set"),
    path("rules/<slug:name>/edit/", rule_sets.edit_rules, name="edit-rules"),
    path("rules/<slug:name>/edit/check/", rule_sets.check_rules, name="check-rules"),
    path("rules/<slug:name>/compare/", rule_sets.compare_rules, name="compare-rules"),
    path("rules/<slug:name>/versions/<int:number>/", rule_sets.rules_page, name="rules"),
    path("rules/<slug:name>/versions/<int:number>/try/", rule_sets.try_rules, name="try-rules"),
    path("classifiers/", classifiers.classifier_list, name="classifiers"),
    path("classifiers/new/", classifiers.new_classifier, name="new-classifier"),
    path("classifiers/<slug:name>/", classifiers.classifier_page, name="classifier"),
    path("classifiers/<slug:name>/train/", classifiers.train, name="train"),
    path("classifiers/<slug:name>/trainings/<int:pk>/", classifiers.training_job, name="training"),
    path("classifiers/<slug:name>/trainings/<int:pk>/cancel/", classifiers.cancel, name="cancel"),
    path("classifiers/<slug:name>/versions/<int:number>/", classifiers.version_page, name="trained"),
    path("classifiers/<slug:name>/versions/<int:number>/try/", classifiers.try_version, name="try-trained"),
]
