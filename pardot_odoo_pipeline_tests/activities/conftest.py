"""One world for the stories: each has people of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.activities.history import History, history


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """A provisioned world in which the first reading has been made."""
    with history(tmp_path_factory.mktemp("history")) as running:
        yield running
