"""Every test here runs against the Odoo sandbox, and unchanged against a real Odoo 19.

What the tests expect is what the real one answered. A difference is a bug of the sandbox.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline_tests.contract.support import OdooUnderTest, running_sandbox
from pardot_odoo_pipeline_tests.real_odoo.fixtures import real_odoo
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user

__all__ = ["real_odoo"]


@pytest.fixture(scope="session", params=["sandbox", pytest.param("real", marks=pytest.mark.odoo)])
def odoo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OdooUnderTest]:
    """The Odoo under test."""
    if request.param == "sandbox":
        home: Path = tmp_path_factory.mktemp("sandbox")
        with running_sandbox(home) as admin:
            yield OdooUnderTest(admin, real=False)
        return
    server = request.getfixturevalue("real_odoo")
    admin = server.database(f"contract_{os.getpid()}")
    yield OdooUnderTest(admin, real=True)
    server.drop(admin)


@pytest.fixture
def client(odoo: OdooUnderTest) -> OdooClient:
    """The administrator's client, over JSON-2."""
    return odoo.client


@pytest.fixture(scope="session")
def seller(odoo: OdooUnderTest) -> OdooLogin:
    """A plain "Sales / User: All Documents" user."""
    return make_sales_user(odoo.admin, f"contract_seller_{os.getpid()}", with_key=False)


@pytest.fixture
def sales(seller: OdooLogin) -> OdooClient:
    """That user's client."""
    return seller.client()
