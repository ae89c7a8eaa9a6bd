"""Pure conversion of Pardot values to canonical and Odoo values."""
