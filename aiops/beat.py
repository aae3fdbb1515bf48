"""When the workers are asked for what comes round by itself."""

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "evaluations.sweep": {"task": "evaluations.sweep", "schedule": 5.0, "options": {"expires": 10}},
    "evaluations.weigh_judges": {"task": "evaluations.weigh_judges", "schedule": crontab(hour=3, minute=20)},
    "budgets.lose_leases": {"task": "budgets.lose_leases", "schedule": 60.0, "options": {"expires": 120}},
    "gateway.keep_partitions": {
        "task": "gateway.keep_partitions",
        "schedule": 24 * 3600.0,
        "options": {"expires": 24 * 3600},
    },
    "gateway.drop_old": {
        "task": "gateway.drop_old",
        "schedule": 24 * 3600.0,
        "options": {"expires": 24 * 3600},
    },
    "gateway.retry_deferred": {
        "task": "gateway.retry_deferred",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "gateway.learn_cache_thresholds": {
        "task": "gateway.learn_cache_thresholds",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "gateway.index_cache": {
        "task": "gateway.index_cache",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "gateway.keep_embeddings": {
        "task": "gateway.keep_embeddings",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "evaluations.judge_cache_checks": {
        "task": "evaluations.judge_cache_checks",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "monitoring.judge_calls": {
        "task": "monitoring.judge_calls",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "monitoring.measure_quality": {
        "task": "monitoring.measure_quality",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "monitoring.watch_drift": {
        "task": "monitoring.watch_drift",
        "schedule": crontab(minute="12,42"),
        "options": {"expires": 1500},
    },
    "gateway.deliver_callbacks": {
        "task": "gateway.deliver_callbacks",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "flags.carry_out_schedules": {
        "task": "flags.carry_out_schedules",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "reviews.draw": {"task": "reviews.draw", "schedule": 300.0, "options": {"expires": 300}},
    "reviews.forget": {"task": "reviews.forget", "schedule": crontab(hour=3, minute=40)},
    "reviews.look_again": {"task": "reviews.look_again", "schedule": 300.0, "options": {"expires": 300}},
    "reviews.reckon_agreement": {
        "task": "reviews.reckon_agreement",
        "schedule": 120.0,
        "options": {"expires": 120},
    },
    "approaches.sweep": {"task": "approaches.sweep", "schedule": 30.0, "options": {"expires": 60}},
    "knowledge.sweep": {"task": "knowledge.sweep", "schedule": 10.0, "options": {"expires": 30}},
}
