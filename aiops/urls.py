"""The console's addresses. Every view behind them states its permission."""

from django.urls import include, path

urlpatterns = [
    path("", include("aiops.dashboards.urls")),
    path("alerts/", include("aiops.dashboards.alert_urls")),
    path("accounts/", include("aiops.accounts.urls")),
    path("catalog/", include("aiops.catalog.urls")),
    path("tenants/", include("aiops.tenants.urls")),
    path("features/", include("aiops.features.urls")),
    path("features/<slug:slug>/deployment/", include("aiops.deployments.urls")),
    path("features/<slug:slug>/knowledge/", include("aiops.knowledge.urls")),
    path("features/<slug:slug>/guardrails/", include("aiops.gateway.guardrail_urls")),
    path("features/<slug:slug>/cache/", include("aiops.gateway.cache_urls")),
    path("features/<slug:slug>/router/", include("aiops.evaluations.router_urls")),
    path("features/<slug:slug>/", include("aiops.dashboards.feature_urls")),
    path("features/<slug:slug>/try/", include("aiops.gateway.trying_urls")),
    path("keys/", include("aiops.features.key_urls")),
    path("embeddings/", include("aiops.gateway.embedding_urls")),
    path("flags/", include("aiops.flags.urls")),
    path("spend/", include("aiops.dashboards.spend_urls")),
    path("calls/", include("aiops.gateway.urls")),
    path("quality/", include("aiops.monitoring.quality_urls")),
    path("drift/", include("aiops.monitoring.drift_urls")),
    path("tickets/", include("aiops.reviews.ticket_urls")),
    path("review/", include("aiops.reviews.urls")),
    path("datasets/", include("aiops.datasets.urls")),
    path("prompts/", include("aiops.prompts.urls")),
    path("approaches/", include("aiops.approaches.urls")),
    path("evaluations/", include("aiops.evaluations.urls")),
    path("playground/", include("aiops.evaluations.playground_urls")),
    path("releases/", include("aiops.releases.urls")),
]

handler400 = "aiops.dashboards.errors.bad_request"
handler403 = "aiops.dashboards.errors.forbidden"
handler404 = "aiops.dashboards.errors.not_found"
handler500 = "aiops.dashboards.errors.server_error"
