"""The steps of a sync batch, in the order in which `run_batch` calls them."""
