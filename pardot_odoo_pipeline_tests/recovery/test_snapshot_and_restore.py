"""A ledger that is lost and restored: people go on as they were, and nobody is there twice."""

from __future__ import annotations

from pathlib import Path

from pardot_odoo_pipeline_tests.recovery.restored_world import (
    caught_up,
    leads,
    lose_ledger,
    recoverable,
    resumed,
    snapshot,
)
from pardot_odoo_pipeline_tests.world import refused


def test_a_lost_ledger_comes_back_and_the_sync_goes_on(tmp_path: Path) -> None:
    with recoverable(tmp_path) as both:
        before = leads(both)
        twice, by_hand, both_ways, untouched, *_ = before
        for who in (twice, by_hand, both_ways, untouched):
            both.in_pardot(who, jobTitle="At the snapshot")
        both.sync()
        taken = snapshot(both)
        assert taken["counts"]["links"] > len(before)
        # Before the disaster this was brought over, and nothing remembers it.
        made = both.person("born.later", firstName="Born", lastName="Later")
        both.in_pardot(twice, jobTitle="Known before")
        both.edit_contact(both_ways, function="Told to Pardot")
        both.sync()
        # While nothing runs people go on.
        both.later(600)
        both.in_pardot(twice, jobTitle="While nothing ran")
        both.edit_contact(by_hand, function="By hand")
        both.edit_contact(both_ways, function="By hand once more")
        everybody = leads(both)
        lose_ledger(both.world)
        refused(both.world.run("sync", env=both.env), "no initial sync", code=2)
        resumed(both)
        assert caught_up(both) == [50, 200, 1000]
        assert both.world.twins() == []
        assert leads(both) == everybody
        assert everybody.keys() == {*before, made}
        for who, title in (
            (twice, "While nothing ran"),
            (by_hand, "By hand"),
            (both_ways, "By hand once more"),
            (untouched, "At the snapshot"),
        ):
            assert both.shown(who, "jobTitle", "function", "function") == [title] * 3
        both.quiet()
