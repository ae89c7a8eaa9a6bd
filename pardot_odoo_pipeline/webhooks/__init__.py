"""Receiving pushed events: the service, its sources, its figures."""
