"""Addresses of features."""

from django.urls import path

from aiops.features.views import callbacks, policy
from aiops.features.views import features as views

app_name = "features"
urlpatterns = [
    path("", views.feature_list, name="list"),
    path("new/", views.new_feature, name="new"),
    path("<slug:slug>/", views.feature_page, name="feature"),
    path("<slug:slug>/edit/", views.edit_feature, name="edit"),
    path("<slug:slug>/history/", views.feature_history, name="history"),
    path("<slug:slug>/callback/", callbacks.callback_page, name="callback"),
    path("<slug:slug>/callback/secret/", callbacks.make_secret, name="make-callback-secret"),
    path("<slug:slug>/policy/", policy.policy_page, name="policy"),
    path("<slug:slug>/policy/save/", policy.save_policy, name="save-policy"),
    path("<slug:slug>/policy/history/", policy.policy_history, name="policy-history"),
    path("<slug:slug>/policy/restore/", policy.restore_policy, name="restore-policy"),
]
