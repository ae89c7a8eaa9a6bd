"""Fixtures of an Odoo that was provisioned: the sandbox, and a real one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.loader import (
    ApplyActionLoader,
    LoadMethodLoader,
    PersonLoader,
    choose_loader,
)
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline_tests.contract.support import running_sandbox
from pardot_odoo_pipeline_tests.odoo.relay import Relay, relay_to
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user


@dataclass(frozen=True)
class ProvisionedOdoo:
    """An Odoo with our fields, action and views; who administers it, and a plain salesperson."""

    admin: OdooLogin
    sales: OdooLogin

    def loader(self, kind: str, **changes: float) -> PersonLoader:
        """A loader of the salesperson's."""
        client = OdooClient(self.sales.connection(**changes))
        if kind == "load":
            return LoadMethodLoader(client)
        loader = choose_loader(client)
        assert isinstance(loader, ApplyActionLoader)
        return loader

    def behind(self, relay: Relay) -> ProvisionedOdoo:
        """The same Odoo for a salesperson whose answers may get lost."""
        return replace(self, sales=replace(self.sales, url=relay.url))


@pytest.fixture(scope="session", params=["sandbox", pytest.param("real", marks=pytest.mark.odoo)])
def provisioned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProvisionedOdoo]:
    """A provisioned Odoo for all tests of the session."""
    if request.param == "sandbox":
        with running_sandbox(tmp_path_factory.mktemp("provisioned")) as admin:
            # Its users log in by password: it has no web pages on which to make a key.
            yield _provisioned(admin, with_key=False)
        return
    server = request.getfixturevalue("real_odoo")
    admin = server.database(f"loader_{os.getpid()}")
    yield _provisioned(admin, with_key=True)
    server.drop(admin)


def _provisioned(admin: OdooLogin, *, with_key: bool) -> ProvisionedOdoo:
    provision(admin.client())
    sales = make_sales_user(admin, f"seller_{os.getpid()}", with_key=with_key)
    return ProvisionedOdoo(admin, sales)


@pytest.fixture
def admin(provisioned: ProvisionedOdoo) -> OdooClient:
    """The administrator, who sees and may everything."""
    return provisioned.admin.client()


@pytest.fixture
def relay(provisioned: ProvisionedOdoo) -> Iterator[Relay]:
    """A line to that Odoo."""
    with relay_to(provisioned.sales.url) as line:
        yield line


@pytest.fixture(params=["apply", "load"])
def loader(request: pytest.FixtureRequest, provisioned: ProvisionedOdoo) -> PersonLoader:
    """Both loaders, as a plain salesperson."""
    return provisioned.loader(request.param)
