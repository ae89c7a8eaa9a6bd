"""The stories of identity that hang on how Odoo behaves, on a real one, as a plain salesperson."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.both_sides import BothSides, beside_real_odoo
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin
from pardot_odoo_pipeline_tests.stories.test_identity import (
    test_a_lead_deleted_in_odoo_is_not_made_again,
    test_an_address_changed_in_odoo,
    test_contacts_merged_in_odoo_belong_to_the_winner,
    test_deleted_in_pardot_for_good_is_believed_at_the_second_look,
    test_prospects_merged_in_pardot,
    test_prospects_with_one_address_are_one_lead,
    test_the_recycle_bin_and_back,
)

__all__ = [
    "test_a_lead_deleted_in_odoo_is_not_made_again",
    "test_an_address_changed_in_odoo",
    "test_contacts_merged_in_odoo_belong_to_the_winner",
    "test_deleted_in_pardot_for_good_is_believed_at_the_second_look",
    "test_prospects_merged_in_pardot",
    "test_prospects_with_one_address_are_one_lead",
    "test_the_recycle_bin_and_back",
]


@pytest.fixture(scope="module")
def both(
    odoo_database: OdooLogin, sales_user: OdooLogin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BothSides]:
    home = tmp_path_factory.mktemp("identity")
    with beside_real_odoo(home, odoo_database, sales_user) as both:
        yield both
