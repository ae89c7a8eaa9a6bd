"""The worlds that seeds begin with, once for each process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.simulation.site import Templates


@pytest.fixture(scope="package")
def templates() -> Iterator[Templates]:
    """The worlds that seeds begin with."""
    made = Templates.make()
    yield made
    made.remove()
