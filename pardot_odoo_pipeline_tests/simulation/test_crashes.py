"""A process dies at each call and each write of a scenario; the end is that of an undisturbed one.

`make simulate ARGS=--crashes` does the same with a scenario that has everything.
"""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline_tests.simulation.crashes import (
    SMALL,
    Undisturbed,
    kinds_of,
    survives,
    undisturbed,
)
from pardot_odoo_pipeline_tests.simulation.site import Templates

LISTED = {"request": 9, "answer 200": 9, "ledger: commit": 20, "ledger: committed": 20}
"""At least so many points there are of each kind; none of them is left out."""

PARTS = 4


@pytest.fixture(scope="module")
def whole(templates: Templates) -> Undisturbed:
    """The scenario, and every point in it."""
    return undisturbed(templates, SMALL)


def test_every_kind_of_point_is_there(whole: Undisturbed) -> None:
    found = kinds_of(whole.points)
    print(len(whole.points), dict(found))  # noqa: T201 - for whoever counts
    assert {kind: count for kind, count in LISTED.items() if found[kind] < count} == {}


@pytest.mark.parametrize("part", range(PARTS))
def test_a_death_at_any_point_changes_nothing(
    part: int, whole: Undisturbed, templates: Templates
) -> None:
    for number in range(part, len(whole.points), PARTS):
        wrong = survives(templates, whole, number)
        assert not wrong, "\n".join(wrong)
