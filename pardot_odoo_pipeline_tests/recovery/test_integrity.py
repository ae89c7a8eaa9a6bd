"""Odoo's side is looked at: what is wrong is named, and what a batch can mend is mended."""

from __future__ import annotations

from pathlib import Path

from pardot_odoo_pipeline_tests.both_sides import LEAD, PARTNER
from pardot_odoo_pipeline_tests.recovery.restored_world import leads, recoverable
from pardot_odoo_pipeline_tests.world import writes


def test_orphans_twins_and_broken_links(tmp_path: Path) -> None:
    with recoverable(tmp_path) as both:
        whole = both.command("integrity")
        assert (whole["findings"], whole["leads"]) == ([], len(leads(both)))
        twin, lonely, strange, gone, *_ = leads(both)
        [double] = both.odoo.create(LEAD, [{"name": "Twin", "x_pardot_prospect_id": twin}])
        [orphan] = both.odoo.create(PARTNER, [{"name": "Who", "x_pardot_prospect_id": "99999999"}])
        both.edit_lead(lonely, partner_id=False)
        other = both.contact(twin)["id"]
        both.edit_lead(strange, partner_id=other)
        lost = both.contact(gone)["id"]
        both.odoo.unlink(PARTNER, [lost])
        both.world.odoo.forget()
        seen = both.command("integrity")
        assert writes(both.world.odoo) == [], "looking writes nothing"
        found = {(one["problem"], one["prospect_id"]): one for one in seen["findings"]}
        assert set(found) >= {
            ("twins", twin),
            ("unknown_prospect", "99999999"),
            ("contact_missing", lonely),
            ("contact_of_another", strange),
            ("record_gone", gone),
        }
        assert f"{LEAD},{double}" in found["twins", twin]["records"]
        assert found["unknown_prospect", "99999999"]["records"] == [f"{PARTNER},{orphan}"]
        assert {one["by"] for one in found.values()} == {"batch", "hand"}
        assert all(one["fix"] and one["meaning"] for one in found.values())
        assert {lonely, gone} <= set(seen["to_repair"])
        mended = both.command("integrity", "--repair")["repair"]
        assert mended["people"] == len(seen["to_repair"])
        after = both.command("integrity")["findings"]
        assert lonely not in [one["prospect_id"] for one in after]
