"""Answers that get lost, and workers that die in between: each entry once, none forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store import activities as store
from pardot_odoo_pipeline_tests.activities.history import FORM, OPEN, RULES, History, history

MESSAGES, ACTIVITIES = "/json/2/mail.message/create", "/json/2/mail.activity/create"


def failing(told: History) -> str:
    """Run a batch that must fail; returns it."""
    told.world.advance(400)
    key = told.open()
    with pytest.raises(PipelineError):
        told.finish(key)
    return key


@pytest.mark.parametrize(
    ("path", "after"),
    [(MESSAGES, True), (MESSAGES, False), (ACTIVITIES, True), (ACTIVITIES, False)],
)
def test_an_answer_that_is_lost(told: History, path: str, after: bool) -> None:
    who = told.linked()
    told.does(who, FORM, formId=74001)
    for _ in range(3):
        told.does(who, OPEN, emailId=70001)
    told.world.odoo.fault({"reset": True, "after": after}, path=path)
    key = failing(told)
    # At once the server may still be at it: nothing is looked up and nothing is sent.
    told.finish(key)
    assert told.outcome(key)["dispositions"] == {"in_doubt": 4}
    told.run(pause=240)
    messages = told.messages(who)
    assert len(messages) == 2
    assert sum("3 times that day" in message["body"] for message in messages) == 1
    assert len(told.done(who)) == 1
    told.run(pause=600)
    assert len(told.messages(who)) == 2
    assert len(told.done(who)) == 1
    assert told.numbers(who)["email_opens"] == 3


def test_more_of_a_day_than_the_lost_call_knew(told: History) -> None:
    who = told.linked()
    told.does(who, OPEN, emailId=70001)
    told.world.odoo.fault({"reset": True, "after": True}, path=MESSAGES)
    key = failing(told)
    told.finish(key)
    told.does(who, OPEN, emailId=70001)
    told.does(who, OPEN, emailId=70001)
    told.run(pause=240)
    [message] = told.messages(who)
    assert "3 times that day" in message["body"]


def test_a_worker_that_dies_between_odoos_commit_and_the_ledgers(
    told: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = told.linked()
    told.does(who, FORM, formId=74001)
    with monkeypatch.context() as patch:
        patch.setattr(store, "settle", _die)
        told.world.advance(400)
        key = told.open()
        with pytest.raises(KeyboardInterrupt):
            told.finish(key)
    assert len(told.messages(who)) == 1
    told.world.advance(240)
    told.finish(key, told.new_ports())
    assert told.outcome(key)["dispositions"]["shown"] == 1
    assert len(told.messages(who)) == 1
    assert len(told.done(who)) == 1


def test_an_odoo_that_is_down_while_numbers_are_due(told: History) -> None:
    who = told.linked()
    told.does(who, FORM, formId=74001)
    told.world.odoo.fault({"reset": True}, path="/json/2/ir.actions.server/run")
    key = failing(told)
    told.finish(key)
    assert told.outcome(key)["dispositions"] == {"unchanged": 1}
    assert told.numbers(who)["form_submissions"] == 1
    assert len(told.messages(who)) == 1


def test_a_long_stretch_is_read_in_pieces(tmp_path: Path) -> None:
    with history(tmp_path, "batch_size: 3\n" + RULES) as told:
        who = told.linked()
        for number in range(8):
            told.does(who, FORM, formId=74001 + number % 8)
        told.world.advance(400)
        told.finish(told.open())
        keys = told.waiting()
        while waiting := told.waiting():
            told.finish(waiting[0])
            keys += waiting
        assert len(told.messages(who)) == 8
        assert len(set(keys)) >= 2
        assert told.run(pause=600)["read"] == 0


def _die(*given: object, **named: object) -> None:
    raise KeyboardInterrupt
