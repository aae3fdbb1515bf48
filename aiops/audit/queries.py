"""Questions to the audit."""

from aiops.audit.models import AuditLink


def head() -> AuditLink | None:
    """The chain's last link; None while nothing has been recorded."""
    return AuditLink.objects.first()
