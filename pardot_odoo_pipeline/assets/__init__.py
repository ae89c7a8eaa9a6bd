"""Dagster assets: thin shells around the steps of a sync batch."""
