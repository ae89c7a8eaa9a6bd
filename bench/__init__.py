"""Measurements: small, paired, honest. Nothing here is run by the tests."""
