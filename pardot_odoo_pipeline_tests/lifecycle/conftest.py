"""Both systems for the hooks: Pardot's sandbox, and Odoo as 18, as 19 and, where asked, real."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.settings import Home
from pardot_odoo_pipeline_tests.contract.support import running_sandbox as running_odoo
from pardot_odoo_pipeline_tests.lifecycle.desk import CUSTOM_FIELDS, Desk, OdooSide, PardotSide
from pardot_odoo_pipeline_tests.postgres import PostgresServer, postgres_server
from pardot_odoo_pipeline_tests.real_odoo.fixtures import real_odoo

__all__ = ["real_odoo"]


@pytest.fixture(scope="session")
def pardot_side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PardotSide]:
    """Thirty prospects, and custom fields for deals."""
    home = Home(tmp_path_factory.mktemp("pardot")).create()
    with running_sandbox(home, ("pardot",), prospects=30, seed=7) as states:
        side = PardotSide(states["pardot"])
        for name, kind in CUSTOM_FIELDS.items():
            values = {"name": name, "fieldId": name, "type": kind}
            side.client.create("custom-fields", values, ("id",))
        yield side


@pytest.fixture(
    scope="session",
    params=["sandbox 19", "sandbox 18", pytest.param("real 19", marks=pytest.mark.odoo)],
)
def odoo_side(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OdooSide]:
    """A provisioned Odoo: its administrator, and a plain salesperson, who is the pipeline."""
    kind, version = request.param.split()
    if kind == "sandbox":
        with running_odoo(tmp_path_factory.mktemp(f"odoo{version}"), version=int(version)) as admin:
            yield OdooSide.provisioned(admin, with_key=False)
        return
    server = request.getfixturevalue("real_odoo")
    admin = server.database(f"lifecycle_{os.getpid()}")
    yield OdooSide.provisioned(admin, with_key=True)
    server.drop(admin)


@pytest.fixture
def desk(pardot_side: PardotSide, odoo_side: OdooSide, tmp_path: Path) -> Desk:
    """Both systems and an empty ledger."""
    return Desk(pardot_side, odoo_side, tmp_path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for ledgers."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with open_ledger(str(tmp_path / "ledger.sqlite")) as opened:
        yield opened
