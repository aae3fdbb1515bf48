"""Vectors of everything that is stored, made by a model in a worker: beside the old ones, then instead."""
