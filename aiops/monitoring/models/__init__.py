"""What watching the live calls remembers: drift's readings and states."""

from aiops.monitoring.models.drift import (
    DriftCheck,
    DriftPolicy,
    DriftProgress,
    DriftReading,
    DriftWindow,
)
from aiops.monitoring.models.quality import QualityReport

__all__ = ["DriftCheck", "DriftPolicy", "DriftProgress", "DriftReading", "DriftWindow", "QualityReport"]
