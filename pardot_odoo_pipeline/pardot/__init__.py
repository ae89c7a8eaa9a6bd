"""Account Engagement API v5 client; knows nothing of Dagster or Odoo."""
