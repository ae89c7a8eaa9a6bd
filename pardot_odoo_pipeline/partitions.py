"""The one partitions definition: every sync asset is partitioned by sync batch.

Key grammar and scopes are in `batches`; the ledger holds the batches themselves.
"""

import dagster as dg

__all__ = ["PARTITIONS_NAME", "PARTITION_TAG", "sync_batches"]

PARTITIONS_NAME = "sync_batches"

PARTITION_TAG = "dagster/partition"
"""The tag by which Dagster names the partition of a run."""

sync_batches = dg.DynamicPartitionsDefinition(name=PARTITIONS_NAME)
