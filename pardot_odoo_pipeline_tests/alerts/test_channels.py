"""ALERT_URLS: what it may look like, and that nothing of it is ever shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.ledger.store import incidents
from pardot_odoo_pipeline.mapping.alert_rules import Severity
from pardot_odoo_pipeline.operations.channels import Channel, channels_of
from pardot_odoo_pipeline_tests.alerts.conftest import START
from pardot_odoo_pipeline_tests.alerts.receivers import Hook, Mailbox, text_of
from pardot_odoo_pipeline_tests.world import refused, run_here

SECRET = "S3cretOfTheChannel"
MAIL = f"mailtos://sync:{SECRET}@smtp.example.com:587?from=a@b.example&to=c@d.example,e@f.example"
TWO = [("mail", "mailtos"), ("json", "json")]


def read(text: str) -> list[Channel]:
    return list(channels_of(SecretStr(text), LookupKey(b"k" * 32)))


@pytest.mark.parametrize("between", [",", " ", ", ", "\n", " ,\n "])
def test_a_comma_inside_an_address_separates_nothing(between: str) -> None:
    found = read(f"mail={MAIL}{between}json://hooks.example.com/x?a=1,2")
    assert [(one.name, one.kind) for one in found] == TWO
    assert found[0].url.get_secret_value() == MAIL
    assert found[1].url.get_secret_value() == "json://hooks.example.com/x?a=1,2"


def test_nobody_is_told_where_nothing_is_set() -> None:
    assert channels_of(None, LookupKey(b"k" * 32)) == ()
    assert read("  ") == []


def test_a_channel_without_a_name_is_known_by_its_address_and_shows_nothing_of_it() -> None:
    one, other = read("json://hooks.example.com/x, json://hooks.example.com/y")
    assert one.key != other.key
    assert one.key == read("json://hooks.example.com/x")[0].key
    assert "example" not in one.key + one.name
    assert SECRET not in repr(read(MAIL))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"mail={MAIL}, mail=json://x.example/{SECRET}", "names mail twice"),
        (f"nosuch://user:{SECRET}@host", "Address 1 in ALERT_URLS (nosuch://…)"),
        (f"mail={MAIL} mailto://{SECRET}", "Address 2 in ALERT_URLS (mailto://…)"),
        (f"ops@{SECRET}.example", "does not begin with an address"),
    ],
)
def test_a_mistake_is_named_and_no_part_of_an_address(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(text)
    assert words in str(raised.value)
    assert SECRET not in str(raised.value)
    assert "smtp.example.com" not in str(raised.value)


def test_every_address_in_the_docs_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()
    addresses = re.findall(r"^\| .* \| `([a-z]+://[^`]*)` \|$", page, re.MULTILINE)
    assert len(addresses) == 6
    for address in addresses:
        assert len(read(address)) == 1
    (setting,) = re.findall(r"^ALERT_URLS=(.*)$", page, re.MULTILINE)
    assert [one.name for one in read(setting)] == ["mail", "oncall"]


def test_why_a_channel_refuses_is_said_without_its_secrets(
    hook: Hook, mailbox: Mailbox, capfd: pytest.CaptureFixture[str]
) -> None:
    hook.status = 500
    mailbox.refuses = True
    url = hook.url.replace("://", f"://user:{SECRET}@")
    first, second = read(f"{url}?{SECRET}=x, {mailbox.url}")
    why = first.send("title", "text", Severity.ERROR)
    assert why is not None
    assert "500" in why
    mail = second.send("title", "text", Severity.ERROR)
    assert mail is not None
    assert "ops@pipeline.example" not in mail
    printed = capfd.readouterr()
    assert SECRET not in why + printed.out + printed.err
    assert printed.err == ""


def test_the_command_tries_every_channel(home: Path, hook: Hook, mailbox: Mailbox) -> None:
    env = {"ALERT_URLS": f"mail={mailbox.url}, chat={hook.url}"}
    done = run_here(home, "alerts", "--test", "--json", env=env)
    assert done.code == 0, done.stderr
    assert [(one["name"], one["works"]) for one in done.report["channels"]] == [
        ("mail", True),
        ("chat", True),
    ]
    assert mailbox.subjects == ["Pardot-Odoo: a test"]
    assert "Nothing is wrong." in text_of(mailbox.mails[0])
    assert hook.posted[0]["type"] == "info"
    hook.status = 403
    done = run_here(home, "alerts", "--test", env=env)
    refused(done, "1 of 2 channels did not take the test notice: chat", code=1)
    assert "channel mail (mailto): works" in done.stdout
    assert "T0ken" not in done.stdout + done.stderr
    refused(run_here(home, "alerts", "--test"), "ALERT_URLS is not set", code=2)


def test_alerts_and_status_show_what_is_open_and_alerts_what_was(home: Path) -> None:
    assert run_here(home, "alerts").stdout.splitlines() == [
        "Nothing is wrong.",
        "Nobody is told: ALERT_URLS is not set (docs/alerts.md).",
    ]
    with open_ledger(home / "ledger.sqlite") as ledger, ledger.write() as tx:
        incidents.report(tx, "odoo:down", now=START, detail={"system": "odoo"})
        incidents.report(tx, "pardot:down", now=START)
        incidents.recover(tx, "pardot:down", now=START)
    found = run_here(home, "alerts", "--json").report
    assert [(one["cause"], one["state"]) for one in found["incidents"]] == [("odoo:down", "open")]
    assert [(one["cause"], one["state"]) for one in found["over"]] == [("pardot:down", "recovered")]
    line = "! error: Odoo does not answer (odoo:down), since 2026-03-02 09:00:00 UTC"
    assert line in run_here(home, "alerts").stdout
    assert line in run_here(home, "status").stdout
    shown = run_here(home, "status", "--json").report
    assert [one["cause"] for one in shown["incidents"]] == ["odoo:down"]
    assert shown["notices_waiting"] == []
