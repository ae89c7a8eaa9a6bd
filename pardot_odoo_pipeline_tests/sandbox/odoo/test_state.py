"""The state on disk: kept, stamped, and never half made."""

from __future__ import annotations

import signal
import stat
import subprocess
from pathlib import Path

from pardot_odoo_pipeline.sandbox.population import Population
from pardot_odoo_pipeline_tests.sandbox.odoo.conftest import command, running

FIELD = {"name": "x_note", "field_description": "Note", "ttype": "char", "size": 5, "index": True}


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as wire:
        before = wire.login
        lead = wire.call("ir.model", "search", [("model", "=", "crm.lead")])[0]
        wire.call("ir.model.fields", "create", {**FIELD, "model_id": lead})
        kept, gone = wire.call(
            "crm.lead", "create", [{"name": "kept", "x_note": "123456789"}, {"name": "gone"}]
        )
        wire.call("crm.lead", "unlink", [gone])
    with running(tmp_path) as wire:
        assert wire.login == before
        row = wire.call("crm.lead", "read", [kept], ["name", "x_note"])[0]
        assert row == {"id": kept, "name": "kept", "x_note": "12345"}
        assert wire.call("crm.lead", "create", {"name": "next"}) > gone, "an id comes only once"


def test_the_ready_file_is_private_and_the_end_is_clean(tmp_path: Path) -> None:
    with running(tmp_path) as wire:
        ready = tmp_path / "sandbox" / "odoo.json"
        assert stat.S_IMODE(ready.stat().st_mode) == 0o600
        assert wire.facts["pid"] == wire.process.pid
        wire.process.send_signal(signal.SIGTERM)
        assert wire.process.wait(timeout=20) == 0


def test_another_seed_is_refused_in_one_line_and_fresh_begins_anew(tmp_path: Path) -> None:
    with running(tmp_path) as wire:
        wire.call("crm.lead", "create", {"name": "old"})
    for other in (("--seed", "8"), ("--prospects", "10"), ("--version", "18")):
        told = subprocess.run(
            command(tmp_path, *other), capture_output=True, text=True, timeout=60, check=False
        )
        assert told.returncode == 2
        assert len(told.stderr.strip().splitlines()) == 1
        assert "--fresh" in told.stderr
    with running(tmp_path, "--version", "18", "--fresh") as wire:
        assert wire.call("crm.lead", "search_count", []) == 0
        assert wire.rpc("common", "version")["server_version"] == "18.0"


def test_the_population_is_there_before_the_first_sync(tmp_path: Path) -> None:
    seed = list(Population(seed=7, size=300).odoo_seed())
    with running(tmp_path, "--prospects", "300") as wire:
        leads = [record["values"] for record in seed if record["model"] == "crm.lead"]
        found = wire.call("crm.lead", "search_read", [], ["name", "type", "partner_id"], order="id")
        assert [row["name"] for row in found] == [values["name"] for values in leads]
        assert [bool(row["partner_id"]) for row in found] == ["partner_id" in v for v in leads]
        mails = {r["values"].get("email") for r in seed if r["model"] == "res.partner"} - {None}
        count = wire.call("res.partner", "search_count", [("email", "in", sorted(mails))])
        assert count >= len(mails)
