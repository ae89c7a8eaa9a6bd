"""One world for the comparison and what is told of it.

Each story leaves both sides in agreement for the next, whichever module that is in.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.both_sides import BothSides
from pardot_odoo_pipeline_tests.operations.comparing import agreeing


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothSides]:
    """A dozen prospects of a messy population, in agreement."""
    with agreeing(tmp_path_factory.mktemp("agreement")) as both:
        yield both
