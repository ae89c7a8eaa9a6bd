"""The same history where Odoo is an 18, or where no administrator put the apply action there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pardot_odoo_pipeline.odoo.loader import LEAD, LoadMethodLoader
from pardot_odoo_pipeline_tests.activities.history import FORM, OPEN, History, history


@pytest.fixture(scope="module")
def eighteen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    with history(tmp_path_factory.mktemp("eighteen"), odoo_version=18) as running:
        yield running


def test_an_18_gets_each_lead_once_in_a_call(eighteen: History) -> None:
    told = eighteen
    assert told.ports.odoo.version.major == 18
    one, other = told.linked(), told.linked()
    for who, forms in ((one, 3), (other, 1)):
        for number in range(forms):
            told.does(who, FORM, formId=74001 + number)
    told.world.odoo.forget()
    told.run()
    assert (len(told.done(one)), len(told.done(other))) == (3, 1)
    assert len(told.messages(one)) == 3
    assert {activity["state"] for activity in told.done(one)} == {"done"}
    types = told.world.client.search_read(
        "mail.activity.type", [["name", "=", "Form Completed"]], ["keep_done"]
    )
    assert types[0]["keep_done"], "else 18 deletes what somebody finishes"


def test_numbers_without_the_apply_action(told: History) -> None:
    who, edited = told.linked(), told.linked()
    told.world.advance(60)
    told.world.client.write(LEAD, [told.link(edited).lead_id], {"function": "By hand"})  # type: ignore[list-item]
    before = told.link(edited)
    for one in (who, edited):
        told.does(one, FORM, formId=74001)
        told.does(one, OPEN, emailId=70001)
    told.run(replace(told.ports, loader=LoadMethodLoader(told.odoo)))
    for one in (who, edited):
        numbers = told.numbers(one)
        assert (numbers["form_submissions"], numbers["email_opens"]) == (1, 1)
    link = told.link(who)
    assert link.lead_version == told.version(LEAD, link.lead_id)  # type: ignore[arg-type]
    assert told.link(edited).lead_version == before.lead_version


def test_an_odoo_of_an_older_release_gets_messages_without_types(
    told: History, tmp_path: Path
) -> None:
    with history(tmp_path) as old:
        admin = old.world.client
        types = admin.search(
            "mail.activity.type",
            [["res_model", "=", LEAD]],
            context={"active_test": False},
        )
        admin.unlink("mail.activity.type", types)
        who = old.linked()
        old.does(who, FORM, formId=74001)
        old.run()
        [message] = old.messages(who)
        assert message["mail_activity_type_id"] is False
        assert old.done(who) == []
