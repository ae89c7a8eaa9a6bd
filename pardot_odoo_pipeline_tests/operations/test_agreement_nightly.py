"""What people are told of a comparison, when none is made, and its asset in Dagster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest import mock

import dagster as dg
import pytest

from pardot_odoo_pipeline.definitions import build_definitions
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import certificates, incidents
from pardot_odoo_pipeline.ledger.store.certificates import Certificate
from pardot_odoo_pipeline.local_runs import place_dagster_home
from pardot_odoo_pipeline.mapping.reconcile_rules import ReconcileRules
from pardot_odoo_pipeline.merge.agreement import Cause
from pardot_odoo_pipeline.operations.agreement_nightly import compare_by_itself, tell
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.both_sides import BothSides

NOW = datetime(2026, 3, 2, 2, 40, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: object) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        yield ledger


def found(unexplained: int = 0, **causes: int) -> Certificate:
    people = 10_000
    agree = people - unexplained - sum(causes.values())
    return Certificate(NOW, people, agree, {**causes, "differs": unexplained}, unexplained)


def told(ledger: Ledger, one: Certificate, before: Certificate | None) -> dict[str, str | None]:
    with ledger.write() as connection:
        tell(connection, one, before, ReconcileRules(), now=NOW)
        return {one.cause_key: one.code for one in incidents.open_incidents(connection)}


def test_what_is_unexplained_twice_is_an_incident(ledger: Ledger) -> None:
    assert told(ledger, found(3), None) == {}
    assert told(ledger, found(3), found(0)) == {}
    assert told(ledger, found(2), found(3)) == {"agreement:both": "unexplained"}
    assert told(ledger, found(2), found(2)) == {"agreement:both": "unexplained"}
    assert told(ledger, found(0), found(2)) == {}


def test_many_deletions_are_an_incident_of_their_side(ledger: Ledger) -> None:
    many = 101  # of 10,000 a hundred may go
    assert told(ledger, found(missing_in_odoo=100, missing_in_pardot=100), None) == {}
    assert told(ledger, found(missing_in_odoo=many), None) == {"agreement:odoo": "missing_in_odoo"}
    assert told(ledger, found(missing_in_pardot=many), None) == {
        "agreement:pardot": "missing_in_pardot"
    }
    assert told(ledger, found(hidden_in_odoo=many), None) == {"agreement:odoo": "hidden_in_odoo"}
    assert told(ledger, found(), None) == {}


def test_certificates_are_kept(ledger: Ledger) -> None:
    with ledger.write() as connection:
        assert certificates.last(connection) is None
        certificates.store(connection, found(2))
        skipped = Certificate(NOW + timedelta(days=1), 0, 0, {}, 0, skipped="budget_short")
        certificates.store(connection, skipped)
    with ledger.read() as connection:
        last = certificates.last(connection)
        assert last is not None
        assert (last.unexplained, last.is_clean, last.at) == (2, False, NOW)
        newest = certificates.last(connection, with_skipped=True)
        assert newest is not None
        assert (newest.skipped, newest.is_clean) == ("budget_short", False)


def test_a_day_that_is_short_of_calls_is_left_alone(both: BothSides) -> None:
    both.rules("quota: {daily_calls: 50}\n")
    both.world.pardot.forget()
    with both.ports() as ports:
        one = compare_by_itself(ports)
    both.rules()
    assert (one.skipped, one.people, one.is_clean) == ("budget_short", 0, False)
    assert both.told() == [], "no export was asked for"
    assert "skipped since: budget_short" in both.world.run("status", env=both.env).stdout


def test_the_asset_plots_every_cause(both: BothSides) -> None:
    env = cli.environment(both.world.home, both.env)
    with mock.patch.dict(os.environ, env, clear=True):
        settings = Settings(_env_file=None)
        place_dagster_home(settings)
        with dg.DagsterInstance.get() as instance:
            job = build_definitions(settings).resolve_job_def("agreement_job")
            done = job.execute_in_process(instance=instance, raise_on_error=False)
    assert done.success
    [made] = done.asset_materializations_for_node("agreement_certificate")
    figures = {name: value.value for name, value in made.metadata.items()}
    assert {cause.value for cause in Cause} <= figures.keys()
    assert figures["people"] >= both.world.prospects
    assert figures["unexplained"] == 0
    [check] = done.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("everything_is_explained", True)
    assert isinstance(check.severity, dg.AssetCheckSeverity)


def test_the_rules_may_let_it_mend_by_itself(both: BothSides) -> None:
    from pardot_odoo_pipeline_tests.operations.comparing import pass_unseen

    who = both.person("nightly", lastName="Nightly", jobTitle="Before")
    both.sync()
    both.in_pardot(who, jobTitle="After")
    pass_unseen(both)
    both.rules("reconcile: {repair: true}\n")
    with both.ports() as ports:
        assert compare_by_itself(ports).causes["differs"] == 1
        both._run(ports)
    both.rules()
    assert both.contact(who)["function"] == "After"
