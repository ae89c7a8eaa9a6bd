"""The audit after real syncs: every call that the servers saw, every value that they got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from pardot_odoo_pipeline.definitions import build_definitions
from pardot_odoo_pipeline.operations.data_keys import new_key
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.people_world import PeopleWorld, in_pardot
from pardot_odoo_pipeline_tests.world import api_calls, refused

KEY = new_key()
APPLY = "/json/2/ir.actions.server/run"


class AuditedWorld(PeopleWorld):
    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "DATA_KEYS": KEY}

    def logs(self, *arguments: str) -> list[dict[str, Any]]:
        return self.report("logs", *arguments, "--limit", "100000")["rows"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditedWorld]:
    with AuditedWorld.with_rules(tmp_path_factory.mktemp("audited"), 30) as world:
        assert isinstance(world, AuditedWorld)
        assert world.run("provision").code == 0
        world.forget()
        world.sync("--initial")
        yield world


def test_every_call_that_the_servers_saw_is_told(world: AuditedWorld) -> None:
    seen = Counter(entry["method"] for entry in api_calls(world.pardot))
    assert seen
    told = world.logs("--system", "pardot", "--since", "1h")
    assert Counter(row["method"] for row in told) == seen
    assert all(row["status"] < 300 and row["outcome"] == "ok" for row in told)
    assert max(row["quota_used"] for row in told) == sum(seen.values())
    initial = {row["batch"] for row in told} - {None}
    assert all(key.startswith("initial-") for key in initial)
    provisioned = world.logs("--system", "odoo", "--batch", "initial-")
    assert len(provisioned) < len(world.odoo.asked) <= len(world.logs("--system", "odoo"))
    assert len({row["request_id"] for row in told}) == len(told)
    assert not any(row["path"].rpartition("/")[2].isdecimal() for row in told)


def test_what_stands_in_odoo_is_what_was_told(world: AuditedWorld) -> None:
    who = world.people(1)[0]
    told = {
        (row["model"], row["field"]): row
        for row in world.logs("values", "--person", who, "--system", "odoo", "--values")
    }
    [lead] = world.of_prospect("crm.lead", who, "id", "email_from", "function", "city")
    for field in ("email_from", "function", "city"):
        row = told["crm.lead", field]
        assert (row["old"], row["new"]) == (None, lead[field] or None)
        assert row["record_id"] == lead["id"]
        assert row["rule"] in ("filled", "first_contact:authority:odoo")
    [carried] = [
        row
        for row in world.logs("transfers", "--person", who, "--system", "odoo")
        if row["model"] == "crm.lead" and row["system"] == "odoo"
    ]
    assert (carried["source"], carried["outcome"]) == ("pardot", "created")
    assert {"email_from", "function"} <= set(carried["fields"].split(","))


def test_an_edit_is_told_with_both_values_in_both_directions(world: AuditedWorld) -> None:
    who = world.people(1)[0]
    [lead] = world.of_prospect("crm.lead", who, "id", "function")
    world.edit(who, jobTitle="Chief Gardener", phone="(0)30 / 123 45 67", country="Germany")
    world.advance(900)
    world.sync()
    normalized = world.logs(
        *("values", "--person", who, "--system", "pipeline", "--field", "phone", "--values"),
    )
    assert [(row["old"], row["new"], row["rule"]) for row in normalized][:1] == [
        ("(0)30 / 123 45 67", "+49301234567", "transform phone")
    ]
    world.client.write("crm.lead", [lead["id"]], {"function": "Head of Roses"})
    world.advance(900)
    world.sync()
    assert in_pardot(world, who, "jobTitle")["jobTitle"] == "Head of Roses"
    told = world.logs("values", "--person", who, "--field", "jobTitle", "--values", "--since", "2h")
    changes = {
        (row["system"], row["model"], row["rule"]): (row["old"], row["new"])
        for row in told
        if row["batch"].startswith("interval-")
    }
    before, middle, after = lead["function"], "Chief Gardener", "Head of Roses"
    assert changes == {
        ("odoo", "crm.lead", "changed_in_pardot"): (before, middle),
        ("odoo", "res.partner", "changed_in_pardot"): (before, middle),
        ("odoo", "res.partner", "changed_in_odoo"): (middle, after),
        ("pardot", "prospect", "changed_in_odoo"): (middle, after),
    }
    by_address = world.logs("transfers", "--person", in_pardot(world, who, "email")["email"])
    assert {row["prospect_id"] for row in by_address} == {who}
    flows = {(row["source"], row["system"]) for row in by_address}
    assert flows == {
        *(("pardot", "pipeline"), ("odoo", "pipeline"), ("pardot", "odoo"), ("odoo", "pardot"))
    }


def test_a_refused_write_is_told_as_one_and_its_values_are_not(world: AuditedWorld) -> None:
    who = world.people(1)[0]
    world.edit(who, jobTitle="Never Written")
    world.advance(900)
    world.odoo.fault({"status": 503, "body": "maintenance"}, times=1, path=APPLY)
    assert world.run("sync").code == 1
    [failed] = world.logs("--failed", "--system", "odoo", "--since", "10m")
    assert (failed["status"], failed["code"], failed["outcome"]) == (503, "http_503", "failed")
    # The consent look-up comes first and is what met the fault; nothing was sent of anybody.
    assert world.logs("values", "--field", "function", "--since", "10m") == []
    world.forget()
    world.advance(400)
    world.sync()
    assert world.logs("values", "--field", "function", "--since", "10m") != []


def test_nothing_readable_lies_in_the_files_and_the_key_is_needed(world: AuditedWorld) -> None:
    folder = world.home / "audit"
    assert folder.stat().st_mode & 0o077 == 0
    content = b"".join(path.read_bytes() for path in folder.rglob("*.parquet"))
    for word in (b"Chief Gardener", b"Head of Roses", b"example.com"):
        assert word not in content
    refused(world.run("logs", "values", env={"DATA_KEYS": ""}), "DATA_KEYS", code=2)
    assert world.run("logs", "calls", env={"DATA_KEYS": ""}).code == 0
    refused(world.run("logs", "--since", "yesterday"), "no point in time", code=2)


def test_the_asset_adds_up_the_day_before(
    world: AuditedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = len(world.logs("--system", "pardot"))
    world.advance(24 * 3600)
    for name, value in cli.environment(world.home, world.environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(world.home)
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions(Settings()).resolve_job_def("audit_job")
        result = job.execute_in_process(instance=instance)
        stored = b"".join(
            str(entry.to_json()).encode() for entry in instance.all_logs(result.run_id)
        )
    [done] = result.get_asset_materialization_events()
    metadata = {name: one.value for name, one in done.materialization.metadata.items()}
    assert metadata["pardot_calls"] == calls
    assert metadata["odoo_calls_failed"] == 1
    assert metadata["records_sent_to_odoo"] > 20
    assert metadata["values_written"] > 100
    assert "| odoo/crm.lead email_from |" in metadata["values_by_field"]
    assert b"Gardener" not in stored


def test_lines_for_people_say_who_what_and_when(world: AuditedWorld) -> None:
    who = world.people(1)[0]
    shown = world.run("logs", "values", "--person", who, "--field", "jobTitle", "--values").stdout
    assert "'Chief Gardener' -> 'Head of Roses'" in shown
    hidden = world.run("logs", "values", "--person", who, "--field", "jobTitle").stdout
    assert "Gardener" not in hidden
    assert f"prospect {who}  pardot/jobTitle -> odoo/crm.lead" in hidden
    for kind in ("calls", "values", "transfers"):
        summary = world.run("logs", kind, "--summary")
        assert summary.code == 0, summary.stderr
        assert len(summary.stdout.splitlines()) > 2
