"""The real Odoo that the other tests stand on."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, UsersOdoo


def test_the_database_is_new_and_known_as_a_test_database(odoo_database: OdooLogin) -> None:
    client = odoo_database.client()
    assert client.version.major == 19
    assert client.search_count("crm.lead", [], context={"active_test": False}) == 0
    UsersOdoo(odoo_database.environment()).start()


def test_a_database_that_was_not_made_for_tests_is_refused(odoo_database: OdooLogin) -> None:
    client = odoo_database.client()
    key = "pardot_odoo_pipeline.test_database"
    client.call("ir.config_parameter", "set_param", key=key, value=False)
    environment = odoo_database.environment()
    try:
        with pytest.raises(AssertionError, match=f"ALLOW_WRITES_TO={odoo_database.database}"):
            UsersOdoo(environment).start()
        with pytest.raises(AssertionError):
            UsersOdoo({**environment, "ALLOW_WRITES_TO": "another"}).start()
        UsersOdoo({**environment, "ALLOW_WRITES_TO": odoo_database.database}).start()
    finally:
        client.call("ir.config_parameter", "set_param", key=key, value="True")


def test_the_salesperson_gets_in_by_key_and_by_password(sales_user: OdooLogin) -> None:
    by_key, by_password = sales_user.client(), sales_user.client(with_key=False)
    assert by_key.speaks_json2
    assert not by_password.speaks_json2
    assert by_key.uid == by_password.uid
    assert by_key.search("crm.lead", [], limit=1) == []
