"""Failures of a part: the rest goes on, and what failed is known, named and tried again."""
