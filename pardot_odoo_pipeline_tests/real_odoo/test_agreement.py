"""Both sides compared on a real Odoo: what is deleted there, and what is only out of sight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from unittest import mock

import pytest

from pardot_odoo_pipeline.operations import agreement_facts
from pardot_odoo_pipeline_tests.both_sides import BothSides, beside_real_odoo
from pardot_odoo_pipeline_tests.operations.comparing import compared, rest, surprising
from pardot_odoo_pipeline_tests.operations.test_agreement import (
    test_a_record_out_of_sight_is_not_deleted,
    test_deleted_in_odoo,
)
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin

__all__ = ["test_a_record_out_of_sight_is_not_deleted", "test_deleted_in_odoo"]


@pytest.fixture(scope="module")
def both(
    odoo_database: OdooLogin, sales_user: OdooLogin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BothSides]:
    home = tmp_path_factory.mktemp("agreement")
    # A real Odoo's clock cannot be moved, so nothing here is ever five minutes old.
    with (
        beside_real_odoo(home, odoo_database, sales_user) as both,
        mock.patch.object(agreement_facts, "FRESH", timedelta(0)),
    ):
        both.sync()
        yield both


def test_everybody_agrees(both: BothSides) -> None:
    """After the stories above, and after edits that travel."""
    who = both.person("agreed", lastName="Agreed", phone="030 901820", country="Germany")
    both.sync()
    both.edit_lead(who, function="From the lead")
    both.sync()
    both.sync()
    rest(both)
    assert surprising(compared(both)) == {}
