"""The durable memory of the sync: SQLAlchemy tables, store and migrations."""
