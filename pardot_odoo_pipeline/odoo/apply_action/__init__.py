"""The server action `apply`: people written into Odoo in one guarded transaction."""
