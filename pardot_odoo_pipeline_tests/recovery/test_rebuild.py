"""A ledger that is lost without any snapshot: both systems tell what it must know."""

from __future__ import annotations

from pathlib import Path

from pardot_odoo_pipeline_tests.activities.history import FORM, OPEN, PAGE
from pardot_odoo_pipeline_tests.agreement import pardot_client
from pardot_odoo_pipeline_tests.recovery.restored_world import (
    everything_in_odoo,
    leads,
    lose_ledger,
    recoverable,
    round_of_all,
    run_everything,
)


def test_a_lost_ledger_is_made_anew_and_changes_nothing(tmp_path: Path) -> None:
    with recoverable(tmp_path) as both:
        Path(both.env["PIPELINE_CONFIG"]).write_text("lists: {active: true}\n")
        everybody = list(leads(both))
        refuses, blocked, leaves, edited = everybody[:4]
        both.in_pardot(refuses, optedOut=True)
        address = both.contact(blocked)["email"]
        both.odoo.create("mail.blacklist", [{"email": address}])
        for name in ("Older", "Younger"):
            both.person("shared", firstName=name)
        pardot_client(both.world.pardot.state).delete("prospects", leaves)
        for _ in range(3):
            round_of_all(both)
            for who, type_ in ((refuses, FORM), (edited, PAGE), (edited, OPEN)):
                act = {"type": type_, "prospectId": int(who)}
                both.world.pardot.control("POST", "/activity", act)
        for _ in range(2):
            round_of_all(both, after=400)
        assert both.prospect(blocked)["isDoNotEmail"] or both.prospect(blocked)["optedOut"]
        before, in_pardot = everything_in_odoo(both), {who: both.prospect(who) for who in everybody}
        assert before["mail.message"], "there must be some history to find again"
        lose_ledger(both.world)
        both.world.pardot.forget()
        report = both.command("restore", "--rebuild")
        assert report["leads_created"] == 0
        run_everything(both)
        for _ in range(3):
            round_of_all(both)
        told = [call for call in both.told() if "/exports" not in call[1]]
        after = everything_in_odoo(both)
        for row in (*before["res.partner"], *after["res.partner"]):
            # Tags are given once more: the same ones.
            del row["write_date"]
        changed = {
            model: [pair for pair in zip(rows, after[model], strict=False) if pair[0] != pair[1]]
            for model, rows in before.items()
        }
        assert (told, {model: pairs for model, pairs in changed.items() if pairs}) == ([], {})
        assert {m: len(rows) for m, rows in after.items()} == {
            m: len(rows) for m, rows in before.items()
        }
        assert {who: both.prospect(who) for who in everybody} == in_pardot
        assert both.world.twins() == []
        # Who said what is known again: it is taken back where it was said, and only there.
        both.in_pardot(refuses, optedOut=False)
        both.in_pardot(edited, jobTitle="Known once more")
        for _ in range(4):
            round_of_all(both)
        on_list = {
            row["email"]: row["active"] for row in everything_in_odoo(both)["mail.blacklist"]
        }
        assert on_list[both.contact(blocked)["email"].lower()] is True
        assert on_list[both.contact(refuses)["email"].lower()] is False
        assert both.shown(edited, "jobTitle", "function", "function") == ["Known once more"] * 3
