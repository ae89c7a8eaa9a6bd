"""Notices arrive: once, in order, late rather than never, and nothing private is in them."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import incidents, notices
from pardot_odoo_pipeline.mapping.alert_rules import AlertRules
from pardot_odoo_pipeline_tests.alerts.conftest import START, Desk, HandClock
from pardot_odoo_pipeline_tests.alerts.receivers import Hook, Mailbox, text_of

HOUR = timedelta(hours=1)
DOWN: dict[str, Any] = {
    "system": "odoo",
    "severity": "error",
    "people": 1214,
    "batches": ["interval-20260302T090000Z-0001", "webhook-20260302T090100Z-0002"],
    "run": "0b1c2d3e",
}


def report(ledger: Ledger, clock: HandClock, cause: str = "odoo:down", **detail: Any) -> None:
    with ledger.write() as tx:
        incidents.report(tx, cause, now=clock.now(), code=502, detail={**DOWN, **detail})


def recover(ledger: Ledger, clock: HandClock, cause: str = "odoo:down") -> None:
    with ledger.write() as tx:
        assert incidents.recover(tx, cause, now=clock.now())


def waiting(ledger: Ledger) -> list[notices.Queue]:
    with ledger.read() as tx:
        return notices.queues(tx)


def rules(**values: Any) -> AlertRules:
    return AlertRules.model_validate(values)


def test_an_outage_is_one_mail_and_its_end_another(
    desk: Desk, ledger: Ledger, clock: HandClock, mailbox: Mailbox
) -> None:
    report(ledger, clock)
    assert desk.tell().sent == 1
    for _ in range(5):
        clock.pass_minutes(7)
        report(ledger, clock)
        assert desk.tell().sent == 0
    recover(ledger, clock)
    assert (desk.tell().sent, desk.tell().sent) == (1, 0)
    assert mailbox.subjects == [
        "Pardot-Odoo: Odoo does not answer",
        "Pardot-Odoo: over: Odoo does not answer",
    ]
    began, ended = (text_of(mail) for mail in mailbox.mails)
    for words in (
        "Since: 2026-03-02 09:00:00 UTC (less than a minute)",
        "People concerned: 1,214",
        "interval-20260302T090000Z-0001, webhook-20260302T090100Z-0002",
        "no person uses up an attempt",
        "Look whether Odoo runs",
        "http://pages.example/runs/0b1c2d3e",
        "pardot-odoo status",
        "code 502",
    ):
        assert words in began
    assert "This is over; nothing needs to be done." in ended
    assert "Since: 2026-03-02 09:00:00 UTC, until 2026-03-02 09:35:00 UTC (35 min)" in ended
    assert "What you should do" not in ended


def test_what_happens_again_is_told_again(
    desk: Desk, ledger: Ledger, clock: HandClock, mailbox: Mailbox
) -> None:
    for _ in range(2):
        report(ledger, clock)
        desk.tell()
        clock.pass_minutes(1)
        recover(ledger, clock)
        desk.tell()
        clock.pass_minutes(1)
    assert [subject.startswith("Pardot-Odoo: over:") for subject in mailbox.subjects] == [
        *(False, True),
        *(False, True),
    ]


@pytest.mark.parametrize("how", ["stopped", "refusing"])
def test_a_mail_server_that_is_down_delays_and_loses_nothing(
    desk: Desk, ledger: Ledger, clock: HandClock, mailbox: Mailbox, how: str
) -> None:
    mailbox.stop() if how == "stopped" else setattr(mailbox, "refuses", True)
    report(ledger, clock)
    tries = 0
    for _ in range(65):
        tries += bool(desk.tell().failed)
        clock.pass_minutes(1)
    # 1, 2, 4, 8, 16, 30 … minutes of rest: it is tried for ever, and never in a loop.
    assert tries == 7
    assert mailbox.offered == (0 if how == "stopped" else tries)
    recover(ledger, clock)
    report(ledger, clock, "pardot:down", system="pardot")
    assert desk.tell().sent == 0
    (queue,) = waiting(ledger)
    assert (queue.waiting, queue.tries) == (3, tries)
    mailbox.refuses = False
    if how == "stopped":
        mailbox.start()
    clock.pass_minutes(31)
    assert (desk.tell().sent, desk.tell().sent) == (3, 0)
    assert mailbox.subjects == [
        "Pardot-Odoo: Odoo does not answer",
        "Pardot-Odoo: over: Odoo does not answer",
        "Pardot-Odoo: Pardot does not answer",
    ]
    assert "could not be sent earlier: it is over by now" in text_of(mailbox.mails[0])
    assert waiting(ledger) == []


def test_one_dead_channel_does_not_hold_up_another(
    desk: Desk, ledger: Ledger, clock: HandClock, mailbox: Mailbox, hook: Hook
) -> None:
    desk.urls = f"mail={mailbox.url}, hook={hook.url}"
    hook.status = 503
    report(ledger, clock)
    assert (desk.tell().sent, len(mailbox.mails)) == (1, 1)
    recover(ledger, clock)
    clock.pass_minutes(0.5)
    desk.tell()
    assert (len(mailbox.mails), hook.posted) == (2, [])
    hook.status = 200
    clock.pass_minutes(2)
    desk.tell()
    assert (len(mailbox.mails), len(hook.posted)) == (2, 2)
    first, second = hook.posted
    assert (first["title"], first["type"]) == ("Pardot-Odoo: Odoo does not answer", "failure")
    assert (second["title"], second["type"]) == (
        "Pardot-Odoo: over: Odoo does not answer",
        "success",
    )
    assert "People concerned: 1,214" in first["message"]


def test_who_is_told_what_is_a_rule(
    desk: Desk, ledger: Ledger, clock: HandClock, mailbox: Mailbox, hook: Hook
) -> None:
    desk.urls = f"oncall={hook.url} {mailbox.url}"
    desk.rules = rules(
        channels={
            "oncall": {"severities": ["error"], "causes": ["odoo:*"]},
            "mailto": {"severities": ["info", "warning"]},
        }
    )
    report(ledger, clock)
    report(ledger, clock, "pardot:down", system="pardot")
    report(ledger, clock, "threshold:api", severity="warning", title="Slow")
    desk.tell()
    recover(ledger, clock)
    desk.tell()
    assert [one["title"] for one in hook.posted] == [
        "Pardot-Odoo: Odoo does not answer",
        "Pardot-Odoo: over: Odoo does not answer",
    ]
    assert mailbox.subjects == ["Pardot-Odoo: Slow"]


def test_what_is_over_soon_is_not_told_where_a_rule_says_so(
    desk: Desk, ledger: Ledger, clock: HandClock, mailbox: Mailbox
) -> None:
    desk.rules = rules(error={"after_minutes": 10})
    report(ledger, clock)
    clock.pass_minutes(9)
    assert desk.tell().sent == 0
    recover(ledger, clock)
    assert desk.tell().sent == 0
    report(ledger, clock)
    clock.pass_minutes(10)
    assert desk.tell().sent == 1
    recover(ledger, clock)
    assert desk.tell().sent == 1
    assert len(mailbox.mails) == 2


def test_people_are_reminded_only_where_a_rule_says_so(
    desk: Desk, ledger: Ledger, clock: HandClock, mailbox: Mailbox
) -> None:
    report(ledger, clock)
    desk.tell()
    clock.pass_minutes(60 * 30)
    assert desk.tell().sent == 0
    desk.rules = rules(error={"remind_hours": 24})
    assert (desk.tell().sent, desk.tell().sent) == (1, 0)
    clock.pass_minutes(60 * 23)
    assert desk.tell().sent == 0
    clock.pass_minutes(61)
    assert desk.tell().sent == 1
    assert mailbox.subjects[1:] == ["Pardot-Odoo: still: Odoo does not answer"] * 2


def test_what_is_open_when_the_first_channel_comes_is_told_and_old_news_is_not(
    desk: Desk, ledger: Ledger, clock: HandClock, mailbox: Mailbox
) -> None:
    report(ledger, clock)
    recover(ledger, clock)
    clock.pass_minutes(60 * 25)
    report(ledger, clock, "pardot:down", system="pardot")
    assert desk.tell().sent == 1
    assert mailbox.subjects == ["Pardot-Odoo: Pardot does not answer"]


def test_who_dies_while_sending_leaves_the_notice_to_the_next(
    desk: Desk, ledger: Ledger, clock: HandClock, mailbox: Mailbox
) -> None:
    report(ledger, clock)
    desk.urls = f"mail={mailbox.url}"
    mailbox.refuses = True
    desk.tell()
    mailbox.refuses = False
    clock.pass_minutes(1)
    with ledger.write() as tx:
        assert notices.take(tx, "mail", now=clock.now()) is not None
        assert notices.take(tx, "mail", now=clock.now()) is None
    assert desk.tell().sent == 0
    clock.pass_minutes(notices.LEASE.total_seconds() / 60)
    assert desk.tell().sent == 1


RIVAL = """
import sys
from datetime import UTC, datetime
from pydantic import SecretStr
from pardot_odoo_pipeline.clock import SystemClock
from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.mapping.alert_rules import AlertRules
from pardot_odoo_pipeline.operations.channels import channels_of
from pardot_odoo_pipeline.operations.notice_texts import Pages
from pardot_odoo_pipeline.operations.notices import deliver
with open_ledger(sys.argv[1]) as ledger:
    channels = channels_of(SecretStr(sys.argv[2]), LookupKey(b"k" * 32))
    rules = AlertRules.model_validate({})
    print("ready", flush=True)
    sys.stdin.readline()
    done = deliver(ledger, channels, rules, clock=SystemClock(), pages=Pages("http://x"))
    print(done.sent)
"""


def test_processes_that_tell_at_once_send_each_notice_once(
    ledger: Ledger, clock: HandClock, hook: Hook
) -> None:
    with ledger.write() as tx:
        for number in range(12):
            incidents.report(tx, f"system{number}:down", now=START)
    place = str(ledger.engine.url.database)
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", RIVAL, place, hook.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for rival in rivals:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    sent = [int(rival.communicate("go\n", timeout=60)[0]) for rival in rivals]
    titles = [one["title"] for one in hook.posted]
    assert sum(sent) == 12, sent
    assert sorted(titles) == sorted(f"Pardot-Odoo: System{n} does not answer" for n in range(12))


CANARY = "canary.person@private.example"


@pytest.fixture
def told(desk: Desk, ledger: Ledger, clock: HandClock, mailbox: Mailbox) -> str:
    """A notice of an incident whose detail holds more than it should."""
    report(
        ledger,
        clock,
        email=CANARY,
        row={"name": CANARY},
        prospects=[CANARY, "11000017"],
        batches=[{"person": CANARY}, "interval-20260302T090000Z-0001"],
        people="lots",
        until=CANARY,
    )
    desk.tell()
    return "".join(mailbox.subjects) + text_of(mailbox.mails[0])


def test_only_what_is_meant_for_people_gets_into_a_notice(told: str) -> None:
    assert CANARY not in told
    assert "pardot-odoo explain 11000017" in told
    assert "Expected to last until: unknown" in told
