"""Addresses of the catalog."""

from django.urls import path

from aiops.catalog.views import models, prices, providers

app_name = "catalog"
urlpatterns = [
    path("providers/", providers.provider_list, name="providers"),
    path("providers/new/", providers.new_provider, name="provider-new"),
    path("providers/<slug:slug>/", providers.provider_page, name="provider"),
    path("providers/<slug:slug>/edit/", providers.edit_provider, name="provider-edit"),
    path("providers/<slug:slug>/delete/", providers.delete_provider, name="provider-delete"),
    path("providers/<slug:slug>/test/", providers.try_provider, name="provider-test"),
    path("providers/<slug:slug>/offers/", models.vendor_models, name="vendor-models"),
    path("models/", models.model_list, name="models"),
    path("models.csv", models.model_csv, name="models-csv"),
    path("models/new/", models.new_model, name="model-new"),
    path("models/<slug:name>/", models.model_page, name="model"),
    path("models/<slug:name>/edit/", models.edit_model, name="model-edit"),
    path("models/<slug:name>/price/", models.set_price, name="model-price"),
    path("models/<slug:name>/retire/", models.retire_model, name="model-retire"),
    path("models/<slug:name>/restore/", models.restore_model, name="model-restore"),
    path("models/<slug:name>/delete/", models.delete_model, name="model-delete"),
    path("prices/import/", prices.import_prices, name="prices-import"),
    path("prices/import/apply/", prices.apply_prices, name="prices-apply"),
]
