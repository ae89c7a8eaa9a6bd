"""The whole sync with ledger and Dagster's storage on PostgreSQL, as a cluster would have it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pardot_odoo_pipeline.sandbox.population import Population
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.postgres import PostgresServer, postgres_server

pytestmark = pytest.mark.postgres

SEED, SIZE = 11, 150
UP = ("up", "--once", "--prospects", str(SIZE), "--seed", str(SEED), "--json")

DAGSTER_YAML = """
telemetry:
  enabled: false
storage:
  postgres:
    postgres_url: {url}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as running:
        yield running


def test_a_first_and_a_second_sync(server: PostgresServer, tmp_path: Path) -> None:
    (tmp_path / "dagster").mkdir()
    storage = server.create_database().replace("postgresql://", "postgresql+psycopg2://")
    (tmp_path / "dagster" / "dagster.yaml").write_text(DAGSTER_YAML.format(url=storage))
    env = {"LEDGER_URL": server.create_database()}
    first = cli.run(tmp_path, *UP, env=env)
    assert first.code == 0, first.stderr
    truth = Population(SEED, SIZE).truth().counts
    assert first.report["leads_created"] == truth.leads_created
    assert first.report["leads_updated"] == truth.leads_updated
    assert first.report["quarantined"] == truth.quarantined
    assert first.report["findings"] == truth.findings
    second = cli.run(tmp_path, *UP, env=env)
    assert second.code == 0, second.stderr
    assert second.report["leads_created"] == second.report["leads_updated"] == 0
    assert second.report["unchanged"] == truth.leads_created + truth.leads_updated
    assert not list(tmp_path.glob("ledger.sqlite*")), "the ledger is elsewhere"
    status = cli.run(tmp_path, "status", "--json", env=env)
    # Each call opens a batch of people, one of activities and one of lists.
    assert [batch["state"] for batch in status.report["batches"]] == ["done"] * 6
