"""The server action `consent`: addresses put on Odoo's blacklist and taken off it."""
