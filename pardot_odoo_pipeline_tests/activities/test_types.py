"""The activity types: there once, put right again, and out of the way of people who plan."""

from __future__ import annotations

from pardot_odoo_pipeline.odoo.provisioning.activity_types import ACTIVITY_TYPES
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome
from pardot_odoo_pipeline_tests.activities.history import History
from pardot_odoo_pipeline_tests.world import EVERYONE

MODEL = "mail.activity.type"


def told_of_types(told: History, *, dry_run: bool = False) -> dict[str, Outcome]:
    steps = provision(told.world.client, dry_run=dry_run).steps
    return {step.name: step.outcome for step in steps if step.kind == "type"}


def test_every_type_is_there_once(told: History) -> None:
    assert told_of_types(told) == {spec.name: Outcome.EXISTS for spec in ACTIVITY_TYPES}
    names = [spec.name for spec in ACTIVITY_TYPES]
    rows = told.world.client.search_read(
        MODEL, [["name", "in", names]], ["name", "res_model"], context=EVERYONE
    )
    assert sorted(row["name"] for row in rows) == sorted(names)
    assert {row["res_model"] for row in rows} == {"crm.lead"}


def test_people_are_offered_only_what_one_can_plan(told: History) -> None:
    offered = told.odoo.search_read(MODEL, [["res_model", "=", "crm.lead"]], ["name"])
    names = {row["name"] for row in offered}
    assert "Form Completed" in names
    assert not {"Email Opened", "Website Visited"} & names


def test_one_that_was_changed_or_deleted_is_put_right(told: History) -> None:
    admin = told.world.client
    ids = {
        row["name"]: row["id"] for row in admin.search_read(MODEL, [], ["name"], context=EVERYONE)
    }
    admin.write(MODEL, [ids["Form Completed"]], {"icon": "fa-bug"})
    admin.unlink(MODEL, [ids["Email Opened"]])
    would = told_of_types(told, dry_run=True)
    assert {name: told for name, told in would.items() if told is not Outcome.EXISTS} == {
        "Form Completed": Outcome.CHANGED,
        "Email Opened": Outcome.CREATED,
    }
    assert admin.read(MODEL, [ids["Form Completed"]], ["icon"])[0]["icon"] == "fa-bug"
    assert told_of_types(told) == would
    assert admin.read(MODEL, [ids["Form Completed"]], ["icon"])[0]["icon"] == "fa-check-square-o"
    assert set(told_of_types(told).values()) == {Outcome.EXISTS}
