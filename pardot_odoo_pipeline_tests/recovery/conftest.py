"""The ledgers of these tests: as those of the ledger's own tests."""

from pardot_odoo_pipeline_tests.ledger.conftest import address, ledger, postgres

__all__ = ["address", "ledger", "postgres"]
