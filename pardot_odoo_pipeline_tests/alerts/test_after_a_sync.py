"""Real batches on both sandboxes: what people are mailed when something is wrong or over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import pytest

from pardot_odoo_pipeline import assembly
from pardot_odoo_pipeline.batches import BatchKind, IdsScope
from pardot_odoo_pipeline.ledger.store import batches, quota, retries
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.operations.budget import account_day
from pardot_odoo_pipeline.operations.health import quota_left
from pardot_odoo_pipeline.operations.telling import look_and_tell
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline.sandbox.population import Outcome
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.alerts.receivers import Mailbox, text_of
from pardot_odoo_pipeline_tests.world import World, refused

PASSWORD = "CanaryPassw0rd"
RULES = """
activities: {active: false}
lists: {active: false}
alerts:
  thresholds:
    batches: 5
    least: 5
    answer_p50: null
    answer_p95: {factor: 3, floor: 0.4}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.running(tmp_path_factory.mktemp("alerts"), 40) as world:
        world.begin()
        yield world


@pytest.fixture
def mailbox(world: World) -> Iterator[Mailbox]:
    with Mailbox.open() as mailbox:
        yield mailbox
    world.forget()


@pytest.fixture
def env(mailbox: Mailbox) -> dict[str, str]:
    """The address holds a password; its server asks for none."""
    return {"ALERT_URLS": f"ops={mailbox.url}&pgp=no&name={PASSWORD}"}


def personal(world: World) -> list[str]:
    """Addresses and names of everybody."""
    return [
        value
        for person in world.population.truth()
        if person.disposition is Outcome.CREATED
        for value in ((person.lead or {}).get("email_key"), (person.lead or {}).get("full_name"))
        if value
    ]


def test_a_batch_that_needs_a_person_is_mailed_and_so_is_its_end(
    world: World, mailbox: Mailbox, env: dict[str, str]
) -> None:
    somebody = personal(world)
    refusal = {"status": 403, "body": {"code": 46, "message": f"no, {somebody[0]}"}}
    world.pardot.fault(refusal, times=99, path="/api/v5/objects/prospects")
    for _ in range(2):
        refused(world.run("sync", env=env), "lacks the permission")
    assert mailbox.subjects == ["Pardot-Odoo: A batch failed for good (code 46)"]
    world.forget()
    assert world.run("sync", env=env).code == 0
    assert mailbox.subjects[1:] == ["Pardot-Odoo: over: 2 batches failed for good (code 46)"]
    assert world.status()["incidents"] == []
    began, ended = (text_of(mail) for mail in mailbox.mails)
    for words in (
        "The API user lacks the permission for this (code 46, HTTP 403).",
        "Give the API user the permission for this object in Account Engagement",
        "No cursor moved, so nothing of it is lost",
        "Batches concerned: interval-",
        "Run: http://127.0.0.1:3000/runs/",
    ):
        assert words in began, began
    told = "".join(mailbox.subjects) + began + ended
    own = {**world.pardot.credentials, **world.odoo.credentials}
    secrets = [own[name] for name in ("client_secret", "refresh_token", "api_key", "password")]
    assert [canary for canary in (*somebody, *secrets, PASSWORD) if canary in told] == []


def test_an_outage_is_one_mail_and_its_end_another(
    world: World, mailbox: Mailbox, env: dict[str, str]
) -> None:
    world.odoo.fault({"status": 503, "body": "<html>Maintenance</html>"}, times=9_999)
    for _ in range(2):
        refused(world.run("sync", env=env))
    assert mailbox.subjects == ["Pardot-Odoo: Odoo does not work"]
    text = text_of(mailbox.mails[0])
    assert "Nothing begins that needs Odoo" in text
    assert "What you should do: " in text
    world.forget()
    world.advance(20 * 60)
    done = world.run("sync", env=env)
    assert done.code == 0, done.stderr
    assert mailbox.subjects[1:] == ["Pardot-Odoo: over: Odoo does not work"]
    assert world.status()["incidents"] == []


def test_suspended_records_are_one_mail_and_their_end_another(
    world: World, mailbox: Mailbox, env: dict[str, str]
) -> None:
    failures = [retries.Failure(str(number), "bad_record", "x.Odd") for number in (7, 8, 9)]
    ids = [failure.prospect_id for failure in failures]
    with mock.patch.dict(os.environ, cli.environment(world.home, {**world.environment, **env})):
        settings = Settings()
        rules = load_rules(settings.pipeline_config)
        now = settings.clock().now()
        with assembly.ledger_of(settings) as ledger:
            for tries in range(1, len(retries.DELAYS) + 2):
                with ledger.write() as tx:
                    retries.record(tx, failures, system="odoo", batch_key="b", now=now)
                sent = look_and_tell(settings, rules, ledger, serving=False).sent
                assert sent == (tries > len(retries.DELAYS))
            with ledger.write() as tx:
                retries.settle(tx, ids[:2], system="odoo")
            assert look_and_tell(settings, rules, ledger, serving=False).sent == 0
            with ledger.write() as tx:
                retries.settle(tx, ids, system="odoo")
            assert look_and_tell(settings, rules, ledger, serving=False).sent == 1
    assert mailbox.subjects == [
        "Pardot-Odoo: 3 records could not be written after six tries (code x.Odd)",
        "Pardot-Odoo: over: A record could not be written after six tries (code x.Odd)",
    ]
    assert "`pardot-odoo explain 7`" in text_of(mailbox.mails[0])


def test_an_odoo_that_became_slow_is_mailed_and_so_is_that_it_is_quick_again(
    world: World, mailbox: Mailbox, env: dict[str, str]
) -> None:
    world.advance(16 * 60)  # of what comes right after an outage nothing is compared
    (world.home / "slow.yaml").write_text(RULES)
    own = {**world.environment, **env, "PIPELINE_CONFIG": str(world.home / "slow.yaml")}
    rows = world.client.search_read(
        "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"], limit=1
    )
    scope = IdsScope((rows[0]["x_pardot_prospect_id"],))
    with mock.patch.dict(os.environ, cli.environment(world.home, own)):
        settings = Settings()
        ports = assembly.build_ports(settings)

        def batch() -> int:
            now = ports.clock.now()
            with ports.ledger.write() as tx:
                key = batches.open_batches(tx, BatchKind.MANUAL, [NewBatch(scope)], now=now)[0]
            assert list(run_batch(str(key), ports))
            return look_and_tell(settings, ports.rules, ports.ledger, serving=True).sent

        try:
            assert [batch() for _ in range(7)] == [0] * 7
            world.odoo.fault({"delay_seconds": 1.5}, times=99, path="/json/2/crm.lead/search_read")
            assert [batch() for _ in range(2)] == [0, 1]
            world.forget()
            assert [batch() for _ in range(2)] == [0, 1]
        finally:
            ports.ledger.close()
    assert mailbox.subjects == [
        "Pardot-Odoo: Odoo answers more slowly than usual",
        "Pardot-Odoo: over: Odoo answers more slowly than usual",
    ]
    assert "Measured on manual batches with 1 to 9 rows" in text_of(mailbox.mails[0])


def test_calls_that_run_out_are_mailed_before_they_did(
    world: World, mailbox: Mailbox, env: dict[str, str]
) -> None:
    with mock.patch.dict(os.environ, cli.environment(world.home, {**world.environment, **env})):
        settings = Settings()
        rules, now = load_rules(settings.pipeline_config), settings.clock().now()
        with assembly.ledger_of(settings) as ledger:
            with ledger.read() as tx:
                left = quota_left(tx, rules, now=now)
                spent = quota.usage(tx, "pardot", account_day(now, "UTC").name).spent
            assert left is not None
            assert 0.9 < left < 1
            assert look_and_tell(settings, rules, ledger, serving=False).sent == 0
            # An account so small that what was spent is nearly all that intervals may spend.
            small = rules.quota.model_copy(update={"daily_calls": round(spent / 0.684 / 0.95)})
            tight = rules.model_copy(update={"quota": small})
            assert look_and_tell(settings, tight, ledger, serving=False).sent == 1
            assert look_and_tell(settings, rules, ledger, serving=False).sent == 1
    assert mailbox.subjects == [
        "Pardot-Odoo: Pardot's calls of today are nearly used up",
        "Pardot-Odoo: over: Pardot's calls of today are nearly used up",
    ]
