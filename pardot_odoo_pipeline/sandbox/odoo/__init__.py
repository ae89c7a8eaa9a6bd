"""An Odoo server for the models that the project uses, answering as version 19 or 18."""
