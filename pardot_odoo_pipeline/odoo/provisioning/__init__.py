"""What an administrator puts into Odoo once: fields, views, the apply action, Leads turned on."""
