"""Keeps Salesforce Pardot (Account Engagement) and Odoo CRM in agreement, on Dagster."""
