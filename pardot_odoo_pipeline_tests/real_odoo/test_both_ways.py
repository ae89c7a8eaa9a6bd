"""The stories of both ways that hang on how Odoo behaves, on a real one, as a plain salesperson."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.both_sides import BothSides, beside_real_odoo
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin
from pardot_odoo_pipeline_tests.stories.test_both_ways import (
    default_rules,
    test_a_block_in_odoo_is_an_opt_out_in_pardot,
    test_a_company_that_a_lead_hangs_on_survives_everything,
    test_a_lead_of_a_company_found_by_address_leaves_the_company_alone,
    test_a_stale_read_right_after_our_own_write_reverts_nothing,
    test_an_edit_on_one_record_reaches_the_other_and_the_other_system,
    test_both_edit_different_fields_of_one_person_at_once,
    test_both_edit_one_field_and_the_authority_decides,
    test_what_odoo_shows_differently_never_travels_back,
)

__all__ = [
    "default_rules",
    "test_a_block_in_odoo_is_an_opt_out_in_pardot",
    "test_a_company_that_a_lead_hangs_on_survives_everything",
    "test_a_lead_of_a_company_found_by_address_leaves_the_company_alone",
    "test_a_stale_read_right_after_our_own_write_reverts_nothing",
    "test_an_edit_on_one_record_reaches_the_other_and_the_other_system",
    "test_both_edit_different_fields_of_one_person_at_once",
    "test_both_edit_one_field_and_the_authority_decides",
    "test_what_odoo_shows_differently_never_travels_back",
]


@pytest.fixture(scope="module")
def both(
    odoo_database: OdooLogin, sales_user: OdooLogin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BothSides]:
    home = tmp_path_factory.mktemp("both_ways")
    with beside_real_odoo(home, odoo_database, sales_user) as both:
        yield both
