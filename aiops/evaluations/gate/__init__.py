"""The paired gate: pure statistics, no database. `decision.decide` is the door; read `rules.py` first."""
