from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.both_sides import BothSides, both_sandboxes


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothSides]:
    """Both sandboxes after the initial sync."""
    with both_sandboxes(tmp_path_factory.mktemp("both")) as made:
        yield made
