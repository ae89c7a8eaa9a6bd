"""One pair of synced worlds for all stories of outages: one of the two is disturbed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.outages.operation import Operation
from pardot_odoo_pipeline_tests.outages.twins import Twins

PEOPLE = 32
_ALONE = 8


@pytest.fixture(scope="session")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    home = tmp_path_factory.mktemp("calm")
    copy = tmp_path_factory.mktemp("disturbed")
    with (
        Operation.running(home, PEOPLE, warm=True) as calm,
        Operation.running(copy, PEOPLE, like=home, warm=True) as disturbed,
    ):
        yield Twins(disturbed, calm, everybody(calm)[-_ALONE:])


@pytest.fixture(scope="session")
def people(twins: Twins) -> list[str]:
    """Those whom systems that are down concern."""
    return everybody(twins.calm)[:-_ALONE]


def everybody(operation: Operation) -> list[str]:
    rows = operation.world.client.search_read(
        "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"]
    )
    return sorted(row["x_pardot_prospect_id"] for row in rows)


@pytest.fixture(autouse=True)
def _heal(request: pytest.FixtureRequest) -> Iterator[None]:
    """No story leaves its faults to the next one."""
    if "twins" not in request.fixturenames:
        yield
        return
    twins: Twins = request.getfixturevalue("twins")
    twins.disturbed.world.forget()
    yield
    twins.disturbed.world.forget()
    twins.disturbed.env.clear()
