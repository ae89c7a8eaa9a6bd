"""Processes killed under load, and what both systems show afterwards (``make soak``)."""
