"""Plain functions that make rows for tests. Each call makes a new one; every value may be given.

user = make_user(roles=["engineer"])
version = make_version(prompt=make_prompt(name="triage"))
"""

from tests.factories.alerts import make_alert
from tests.factories.approaches import (
    make_categories,
    make_classifier,
    make_labelled_cases,
    make_learning,
    make_router,
    make_rule_set,
    make_rules,
    make_trained,
    make_training,
)
from tests.factories.budgets import make_budget, make_budget_request, make_lease
from tests.factories.catalog import make_model, make_price, make_provider
from tests.factories.datasets import make_case, make_cases, make_dataset, make_dataset_version, make_upload
from tests.factories.decisions import (
    make_deployment,
    make_deployment_request,
    make_flag,
    make_key,
    make_policy,
    make_process,
    make_request,
    make_schedule,
    make_served,
    make_stop,
)
from tests.factories.drift import make_reading, make_windows
from tests.factories.embeddings import make_change, make_choice, make_space
from tests.factories.evaluations import (
    make_pair,
    make_pairwise,
    make_playground_call,
    make_result,
    make_run,
    make_verdict,
)
from tests.factories.gateway import (
    make_cache_checks,
    make_cache_threshold,
    make_call,
    make_old_partition,
    make_quarantined,
    make_rollup,
)
from tests.factories.grades import (
    grade_at_random,
    judge_entry,
    make_grade,
    make_grade_upload,
    make_judged_run,
    make_sample,
    make_trust,
)
from tests.factories.knowledge import load_documents, make_document, make_load
from tests.factories.people import PASSWORD, make_tenant, make_user
from tests.factories.prompts import make_feature, make_label, make_prompt, make_version
from tests.factories.releases import make_comment, make_review
from tests.factories.reviews import (
    asked_sampling,
    make_answered_pair,
    make_claim,
    make_guideline,
    make_pairs,
    make_review_grade,
    make_review_item,
    make_round,
    make_sampling,
)
from tests.factories.tickets import make_ticket

__all__ = [
    "PASSWORD",
    "asked_sampling",
    "grade_at_random",
    "judge_entry",
    "load_documents",
    "make_alert",
    "make_answered_pair",
    "make_budget",
    "make_budget_request",
    "make_cache_checks",
    "make_cache_threshold",
    "make_call",
    "make_case",
    "make_cases",
    "make_categories",
    "make_change",
    "make_choice",
    "make_claim",
    "make_classifier",
    "make_comment",
    "make_dataset",
    "make_dataset_version",
    "make_deployment",
    "make_deployment_request",
    "make_document",
    "make_feature",
    "make_flag",
    "make_grade",
    "make_grade_upload",
    "make_guideline",
    "make_judged_run",
    "make_key",
    "make_label",
    "make_labelled_cases",
    "make_learning",
    "make_lease",
    "make_load",
    "make_model",
    "make_old_partition",
    "make_pair",
    "make_pairs",
    "make_pairwise",
    "make_playground_call",
    "make_policy",
    "make_price",
    "make_process",
    "make_prompt",
    "make_provider",
    "make_quarantined",
    "make_reading",
    "make_request",
    "make_result",
    "make_review",
    "make_review_grade",
    "make_review_item",
    "make_rollup",
    "make_round",
    "make_router",
    "make_rule_set",
    "make_rules",
    "make_run",
    "make_sample",
    "make_sampling",
    "make_schedule",
    "make_served",
    "make_space",
    "make_stop",
    "make_tenant",
    "make_ticket",
    "make_trained",
    "make_training",
    "make_trust",
    "make_upload",
    "make_user",
    "make_verdict",
    "make_version",
    "make_windows",
]
