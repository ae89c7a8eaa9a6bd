"""Odoo external API client, loader and provisioning; knows nothing of Dagster or Pardot."""
