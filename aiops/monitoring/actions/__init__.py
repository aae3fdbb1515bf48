"""What may be asked for: offered calls as cases, changes of what is watched."""

from aiops.monitoring.actions.drift import send_movers, set_drift_policy

__all__ = ["send_movers", "set_drift_policy"]
