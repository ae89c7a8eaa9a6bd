"""Fixtures for the client on its own, and for everything that writes into an Odoo."""

from __future__ import annotations

from pardot_odoo_pipeline_tests.odoo.provisioned import admin, loader, provisioned, relay
from pardot_odoo_pipeline_tests.odoo.stand import stand
from pardot_odoo_pipeline_tests.real_odoo.fixtures import real_odoo

__all__ = ["admin", "loader", "provisioned", "real_odoo", "relay", "stand"]
