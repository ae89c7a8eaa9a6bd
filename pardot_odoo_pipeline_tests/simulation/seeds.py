"""The seeds of the suite: fixed, and dealt out to files, as those are to test processes."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline_tests.simulation.history import draw
from pardot_odoo_pipeline_tests.simulation.play import play
from pardot_odoo_pipeline_tests.simulation.site import Templates

ALL = range(208)
"""Played by every run of the suite."""

_TOGETHER = 13


def dealt(part: int, parts: int) -> list[range]:
    """One part of them, a few together."""
    groups = [ALL[start : start + _TOGETHER] for start in range(0, len(ALL), _TOGETHER)]
    return groups[part::parts]


def all_as_promised(templates: Templates, seeds: range) -> None:
    """Play them; the first that fails tells its story."""
    for seed in seeds:
        played = play(templates, draw(seed))
        if played.wrong:
            pytest.fail(
                f"{played.story}\nA smaller one: python -m "
                f"pardot_odoo_pipeline_tests.simulation --seed {seed}",
                pytrace=False,
            )
