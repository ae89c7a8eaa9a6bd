"""Reference data of a new database: facts of geography and the names Odoo gives its defaults."""
