"""Everything in this folder runs on a real Odoo, and is marked so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pardot_odoo_pipeline_tests.real_odoo.fixtures import odoo_database, real_odoo, sales_user

__all__ = ["odoo_database", "real_odoo", "sales_user"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, so that no one forgets to."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.odoo)
