"""The main job on a real Odoo: 2,000 messy prospects, held against what was planted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.sandbox.population import Population
from pardot_odoo_pipeline.settings import Home
from pardot_odoo_pipeline_tests import agreement, cli
from pardot_odoo_pipeline_tests.odoo_seeding import seed_odoo
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin
from pardot_odoo_pipeline_tests.world import Side

SEED, SIZE = 7, 2000
UP = ("up", "--once", "--prospects", str(SIZE), "--seed", str(SEED), "--json")


@dataclass
class Synced:
    login: OdooLogin
    home: Path
    env: dict[str, str]
    population: Population
    report: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def synced(odoo_database: OdooLogin, tmp_path_factory: pytest.TempPathFactory) -> Synced:
    population = Population(SEED, SIZE)
    seed_odoo(odoo_database.client(), population)
    home = tmp_path_factory.mktemp("home")
    env = {"PARDOT_API_URL": "sandbox", **odoo_database.environment()}
    done = cli.run(home, *UP, env=env)
    assert done.code == 0, done.stderr
    return Synced(odoo_database, home, env, population, done.report)


def test_the_account_is_the_ground_truth(synced: Synced) -> None:
    truth, report = synced.population.truth().counts, synced.report
    for name in ("prospects_read", "leads_created", "leads_updated", "unchanged", "merged"):
        assert report[name] == getattr(truth, name), name
    assert report["archived"] == truth.archived
    assert report["quarantined"] == truth.quarantined
    assert report["findings"] == truth.findings
    assert report["contacts_created"] == truth.contacts_created
    assert report["contacts_updated"] == truth.contacts_updated
    told = sum(bool(person.prospect) for person in synced.population.truth())
    assert report["prospects_updated"] == told > 0
    # Few prospects are written one by one.
    assert report["pardot_calls"] <= 40 + told
    assert report["dagster_run_ids"]


def test_every_value_in_odoo_is_the_ground_truth(synced: Synced) -> None:
    found = list(
        islice(agreement.differences(synced.login.client(), synced.population.truth()), 20)
    )
    assert found == []


def test_every_value_in_pardot_is_the_ground_truth(synced: Synced) -> None:
    assert any(person.prospect for person in synced.population.truth())
    with _pardot(synced) as state:
        found = list(islice(agreement.pardot_differences(state, synced.population), 20))
    assert found == []


def test_a_second_sync_creates_and_writes_nothing(synced: Synced) -> None:
    client = synced.login.client()
    before = _state(client)
    with _pardot(synced) as state:
        # A command that finds its sandbox running uses it, and so leaves its log.
        done = cli.run(synced.home, "sync", "--initial", "--json", env=synced.env)
        asked = Side(state).asked
    assert done.code == 0, done.stderr
    report = done.report
    assert report["leads_created"] == report["leads_updated"] == 0
    assert report["contacts_created"] == report["contacts_updated"] == 0
    written = synced.report["leads_created"] + synced.report["leads_updated"]
    assert report["unchanged"] == written
    assert _state(client) == before
    told = {call["path"] for call in asked if call["method"] != "GET"}
    assert {path for path in told if path.startswith("/api/")} <= {"/api/v5/exports"}


@contextlib.contextmanager
def _pardot(synced: Synced) -> Iterator[Mapping[str, Any]]:
    home = Home(synced.home)
    with running_sandbox(home, ("pardot",), prospects=SIZE, seed=SEED) as states:
        yield states["pardot"]


def _state(client) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for model in ("crm.lead", "res.partner"):
        everyone = {"active_test": False}
        latest = client.search_read(
            model, [], ["write_date"], order="write_date desc", limit=1, context=everyone
        )
        state[model] = (client.search_count(model, [], context=everyone), latest)
    for model in ("utm.source", "utm.campaign", "ir.model.data", "mail.message"):
        state[model] = client.search_count(model, [])
    return state
