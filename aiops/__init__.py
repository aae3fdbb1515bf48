"""aiops: everything around the model.

Importing this package starts nothing, so that `aiops-audit-verify` runs without Django or Celery.
"""
