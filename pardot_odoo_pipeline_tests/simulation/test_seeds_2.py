"""Whatever a seed brings upon both systems: once all heals, they agree, and nothing was lost."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline_tests.simulation.seeds import all_as_promised, dealt
from pardot_odoo_pipeline_tests.simulation.site import Templates


@pytest.mark.parametrize("seeds", dealt(1, 2), ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_all_is_as_promised(seeds: range, templates: Templates) -> None:
    all_as_promised(templates, seeds)
