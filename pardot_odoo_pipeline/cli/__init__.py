"""The pardot-odoo command, one file per command group."""
