"""Fixtures of a real Odoo, for the ``conftest`` of every folder that tests on one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pardot_odoo_pipeline_tests.real_odoo.server import (
    OdooLogin,
    OdooNotHereError,
    ScriptedOdoo,
    UsersOdoo,
    find_odoo,
    make_sales_user,
)


@contextmanager
def new_database(odoo: ScriptedOdoo | UsersOdoo, name: str) -> Iterator[OdooLogin]:
    """The administrator of a new database; skips where only a user's own is to be had."""
    try:
        login = odoo.fresh(name)
    except OdooNotHereError as why:
        pytest.skip(str(why))
    try:
        yield login
    finally:
        odoo.drop(login)


@pytest.fixture(scope="session")
def real_odoo() -> Iterator[ScriptedOdoo | UsersOdoo]:
    """The server. Skips where none is wanted; ``REQUIRE_REAL_ODOO=1`` makes that a failure."""
    try:
        odoo = find_odoo()
    except OdooNotHereError as why:
        pytest.skip(str(why))
    yield odoo
    odoo.stop()


@pytest.fixture(scope="module")
def odoo_database(
    request: pytest.FixtureRequest, real_odoo: ScriptedOdoo | UsersOdoo
) -> Iterator[OdooLogin]:
    """A new database with its administrator, dropped after the module's tests."""
    module = request.module.__name__.rpartition(".")[2]
    name = re.sub(r"\W+", "_", f"t_{module}_{os.getpid()}".lower())[:48]
    with new_database(real_odoo, name) as login:
        yield login


@pytest.fixture(scope="module")
def sales_user(odoo_database: OdooLogin) -> OdooLogin:
    """A plain "Sales / User: All Documents" user of that database, with a key."""
    return make_sales_user(odoo_database, f"seller_{os.getpid()}")
