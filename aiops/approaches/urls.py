"""Addresses of approaches."""

from django.urls import path

from aiops.approaches.views import rule_sets

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
]
