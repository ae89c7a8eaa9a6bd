"""The lineage as Dagster runs it, by itself after a sync of people."""

from __future__ import annotations

from pathlib import Path

from pardot_odoo_pipeline_tests.memberships.lists_world import ListsWorld
from pardot_odoo_pipeline_tests.world import World


def test_lists_follow_a_sync_of_people_by_themselves(tmp_path: Path) -> None:
    rules = tmp_path / "lists_only.yaml"
    rules.write_text("activities: {active: false}\n")
    with World.running(tmp_path, 40) as world:
        listed = ListsWorld(world)
        assert world.run("provision").code == 0
        report = world.sync_in_dagster("--initial", PIPELINE_CONFIG=str(rules))
        assert [key.partition("-")[0] for key in report["batches"]] == ["initial", "bulk"]
        tagged = world.client.search_count("res.partner", [("category_id", "!=", False)])
        assert tagged > 10
        told = listed.batch()
        assert (told["tags_given"], told["tags_taken"], told["edits_put_back"]) == (0, 0, 0)
    frames = {path.parent.name for path in (tmp_path / "frames").rglob("*.parquet")}
    names = {path.stem for path in (tmp_path / "frames").rglob("*.parquet")}
    assert "membership_outcome" in frames | names
