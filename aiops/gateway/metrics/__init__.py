"""Figures for Prometheus: counted by each process in its own files, read from all of them together."""
