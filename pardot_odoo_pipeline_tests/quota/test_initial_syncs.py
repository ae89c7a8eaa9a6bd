"""An initial sync that a day's calls do not suffice for: said before, paused, then the same end."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline.operations.budget import account_day
from pardot_odoo_pipeline_tests.outages.operation import end_state
from pardot_odoo_pipeline_tests.world import PEOPLE_ONLY, World, api_calls, refused

ZONE = "America/New_York"
PROSPECTS = 60
RULES = f"{PEOPLE_ONLY}account_time_zone: {ZONE}\nbatch_size: 15\n"


def rules(world: World, text: str = "") -> dict[str, str]:
    path = world.home / "own_rules.yaml"
    path.write_text(RULES + text)
    return {"PIPELINE_CONFIG": str(path)}


def to_the_next_day(world: World) -> None:
    now = datetime.fromisoformat(world.pardot.control("GET", "/clock")["now"])
    world.advance(math.ceil((account_day(now, ZONE).resets_at - now).total_seconds()) + 120)


def quota_of(world: World, env: dict[str, str]) -> dict[str, Any]:
    done = world.run("status", "--json", env=env)
    assert done.code == 0, done.stderr
    found: dict[str, Any] = done.report["quota"]
    return found


def test_it_is_said_before_pauses_in_mid_run_and_ends_as_if_undisturbed(tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    with World.running(tmp_path / "calm", PROSPECTS) as calm:
        assert calm.run("provision").code == 0
        calm.sync("--initial", **rules(calm))
        needed = len(api_calls(calm.pardot))
        expected = end_state(calm)

    (tmp_path / "short").mkdir()
    with World.running(tmp_path / "short", PROSPECTS) as world:
        assert world.run("provision").code == 0
        before = world.run("sync", "--initial", env=rules(world, "quota: {daily_calls: 10}\n"))
        refused(before, "calls to Pardot", "--yes", code=2)
        assert api_calls(world.pardot) == []
        assert world.status()["batches"] == []

        # A day has just enough of them, but other programs were at it and left three.
        limit = math.ceil((needed + 3) / 0.6)
        env = rules(world, f"quota: {{daily_calls: {limit}, our_share: 1.0, reserve: 0}}\n")
        world.pardot.control("PATCH", "/switches", {"daily_maximum": limit})
        world.pardot.control("PUT", "/quota", {"used": needed})
        refused(world.run("sync", "--initial", "--yes", env=env), "other programs", code=1)
        quota = quota_of(world, env)
        assert quota["lanes"]["initial"]["left"] == 0
        assert quota["used_by_others"] == needed
        assert world.pardot.control("GET", "/quota")["used"] == needed + 3

        to_the_next_day(world)
        world.sync("--initial", **env)
        assert world.pardot.control("GET", "/quota")["used"] == quota_of(world, env)["used"]
        assert not [entry for entry in world.pardot.asked if entry["status"] == 429]
        assert world.pardot.control("GET", "/quota")["most_in_flight"] <= 5
        assert world.twins() == []
        assert end_state(world) == expected
