"""The main job as a plain salesperson, on either way of writing, once an administrator provisioned.

The account that a company gives to the synchronisation has a salesperson's rights and no more.
Where the `apply` action is not there, everything goes through `load()`, with the same result.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.odoo.apply_action.protocol import ACTION_EXTERNAL_NAME
from pardot_odoo_pipeline.odoo.loader import ApplyActionLoader, LoadMethodLoader, choose_loader
from pardot_odoo_pipeline.sandbox.population import Population
from pardot_odoo_pipeline.settings import Home
from pardot_odoo_pipeline_tests import agreement
from pardot_odoo_pipeline_tests.odoo_seeding import seed_odoo
from pardot_odoo_pipeline_tests.real_odoo.fixtures import new_database
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user
from pardot_odoo_pipeline_tests.world import run_here

SEED, SIZE = 7, 300
LOADERS = {"apply": ApplyActionLoader, "load": LoadMethodLoader}
SYNC = ("sync", "--initial", "--json")


@dataclass(frozen=True)
class Synced:
    admin: OdooLogin
    home: Path
    env: dict[str, str]
    population: Population
    report: dict[str, Any]


@pytest.fixture(scope="module", params=sorted(LOADERS))
def synced(
    request: pytest.FixtureRequest, real_odoo: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Synced]:
    with new_database(real_odoo, f"plain_{request.param}_{os.getpid()}") as admin:
        home = tmp_path_factory.mktemp("home")
        population = Population(SEED, SIZE)
        seed_odoo(admin.client(), population)
        done = run_here(home, "provision", env=admin.environment())
        assert done.code == 0, done.stderr
        if request.param == "load":
            _remove_the_action(admin)
        sales = make_sales_user(admin, f"sync_{os.getpid()}")
        assert type(choose_loader(sales.client())) is LOADERS[request.param]
        env = {"PARDOT_API_URL": "sandbox", **sales.environment()}
        with running_sandbox(Home(home).create(), ("pardot",), prospects=SIZE, seed=SEED):
            done = run_here(home, *SYNC, env=env)
            assert done.code == 0, done.stderr
            yield Synced(admin, home, env, population, done.report)


def _remove_the_action(admin: OdooLogin) -> None:
    client = admin.client()
    domain = [["module", "=", "pardot"], ["name", "=", ACTION_EXTERNAL_NAME]]
    action = client.search_read("ir.model.data", domain, ["res_id"])[0]["res_id"]
    client.unlink("ir.actions.server", [action])


def test_the_account_is_the_ground_truth(synced: Synced) -> None:
    truth, report = synced.population.truth().counts, synced.report
    for name in ("prospects_read", "leads_created", "leads_updated", "unchanged", "merged"):
        assert report[name] == getattr(truth, name), name
    for name in ("archived", "quarantined", "findings", "contacts_created", "contacts_updated"):
        assert report[name] == getattr(truth, name), name


def test_every_value_in_odoo_is_the_ground_truth(synced: Synced) -> None:
    differences = agreement.differences(synced.admin.client(), synced.population.truth())
    assert list(islice(differences, 20)) == []


def test_a_second_sync_finds_everything_as_it_is(synced: Synced) -> None:
    done = run_here(synced.home, *SYNC, env=synced.env)
    assert done.code == 0, done.stderr
    assert done.report["leads_created"] == done.report["leads_updated"] == 0
    assert done.report["contacts_created"] == done.report["contacts_updated"] == 0
    written = synced.report["leads_created"] + synced.report["leads_updated"]
    assert done.report["unchanged"] == written
