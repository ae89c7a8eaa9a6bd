"""An Odoo, for the tests of what is really written there."""

from __future__ import annotations

from pardot_odoo_pipeline_tests.odoo.provisioned import admin, provisioned
from pardot_odoo_pipeline_tests.real_odoo.fixtures import real_odoo

__all__ = ["admin", "provisioned", "real_odoo"]
