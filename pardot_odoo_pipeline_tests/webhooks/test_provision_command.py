"""`provision --webhooks` and its check, on a running receiver and both sandboxes."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline.pushed_events import EventState, Note
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.push_receiver import push_receiver
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user
from pardot_odoo_pipeline_tests.webhooks.receiver_process import Receiver, signing_secret
from pardot_odoo_pipeline_tests.world import World, refused, run_here


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.running(tmp_path_factory.mktemp("webhooks"), 5) as running:
        assert running.run("provision").code == 0
        yield running


@pytest.fixture(scope="module")
def receiver(world: World) -> Iterator[Receiver]:
    """The receiver of that world, with the sources of the default rules."""
    env = cli.environment(world.home, {**world.environment, "WEBHOOK_PORT": "0"})
    running = Receiver(world.home, "", env)
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def provisioned(world: World, receiver: Receiver) -> dict[str, Any]:
    """What the first `provision --webhooks` said."""
    done = world.run("provision", "--webhooks", "--pipeline-user", "pipeline", "--json")
    assert done.code == 0, done.stderr
    # At once: it waits until the receiver has seen the new secrets.
    checked = world.run("provision", "--webhooks", "--check")
    assert checked.code == 0, checked.stderr
    return done.report


@pytest.fixture(scope="module", autouse=True)
def _users(world: World) -> None:
    own = world.odoo.credentials
    login = OdooLogin(
        world.odoo.url, own["database"], own["username"], own["password"], own["api_key"]
    )
    make_sales_user(login, "pipeline", with_key=False)


def check(world: World, **env: str) -> tuple[cli.Finished, dict[str, dict[str, Any]]]:
    done = world.run("provision", "--webhooks", "--check", "--wait", "1", "--json", env=env)
    return done, {one["source"]: one for one in done.report["sources"]}


def test_without_an_address_nothing_is_done(tmp_path: Path, world: World) -> None:
    env = {**world.environment, **world.configured}
    done = run_here(tmp_path, "provision", "--webhooks", env=env)
    refused(done, "WEBHOOK_PUBLIC_URL", "pardot-odoo up", code=2)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("url", ["hooks.test:8025", "ftp://x.example", "https://a:b@x.example"])
def test_an_address_that_is_none_is_refused_and_not_shown(world: World, url: str) -> None:
    done = world.run("provision", "--webhooks", env={"WEBHOOK_PUBLIC_URL": url})
    refused(done, "WEBHOOK_PUBLIC_URL", code=2)
    assert url not in done.stderr


def test_options_that_contradict_each_other_are_refused(world: World) -> None:
    for options in (["--check"], ["--pipeline-user", "x"], ["--webhooks", "--check", "--dry-run"]):
        assert world.run("provision", *options).code == 2


def test_plain_provisioning_does_nothing_about_webhooks(world: World) -> None:
    report = world.run("provision", "--json").report
    assert {step["kind"] for step in report["steps"]}.isdisjoint({"rule", "webhook", "file"})


def test_a_dry_run_touches_nothing(tmp_path: Path, world: World) -> None:
    env = {
        **world.environment,
        **world.configured,
        "WEBHOOK_PUBLIC_URL": "https://hooks.example.com",
    }
    before = world.client.search_count("base.automation", [])
    done = run_here(tmp_path, "provision", "--webhooks", "--dry-run", "--json", env=env)
    assert done.code == 0, done.stderr
    steps = {(step["kind"], step["outcome"]) for step in done.report["steps"]}
    assert {outcome for kind, outcome in steps if kind != "user"} <= {"created", "changed"}
    assert not (tmp_path / "webhooks").exists()
    assert not (tmp_path / "keys" / "webhooks").exists()
    assert world.client.search_count("base.automation", []) == before


def test_each_source_gets_what_it_needs(world: World, provisioned: dict[str, Any]) -> None:
    steps = {(step["kind"], step["outcome"]) for step in provisioned["steps"]}
    assert steps - {("user", "exists")} == {
        (kind, "created") for kind in ("secret", "file", "rule", "webhook")
    }
    for name in ("salesforce", "odoo"):
        path = world.home / "keys" / "webhooks" / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text().strip() not in json.dumps(provisioned)
    assert (world.home / "webhooks" / "salesforce" / "INSTRUCTIONS.md").exists()
    assert not (world.home / "webhooks" / "odoo").exists()
    assert "this machine only" in provisioned["warnings"][0]


def test_a_second_run_changes_nothing(world: World, provisioned: dict[str, Any]) -> None:
    done = world.run("provision", "--webhooks", "--pipeline-user", "pipeline", "--json")
    assert {step["outcome"] for step in done.report["steps"]} == {"exists"}


def test_the_test_event_arrives_and_is_no_work(
    world: World, receiver: Receiver, provisioned: dict[str, Any]
) -> None:
    before = receiver.event_ids()
    done, sources = check(world)
    assert done.code == 0, done.stderr
    assert sources["salesforce"]["arrived"]
    assert sources["odoo"]["arrived"]
    assert sources["odoo"]["rules"] == "active"
    new = [event for event in receiver.events() if event["event_id"] not in before]
    assert {(event["source"], event["type"]) for event in new} == {
        ("salesforce", "test"),
        ("odoo", "test"),
    }
    assert {event["state"] for event in new} == {EventState.CLOSED}
    assert {event["note"] for event in new} == {Note.TEST}


def test_a_salespersons_change_in_odoo_is_in_the_inbox(
    world: World, receiver: Receiver, provisioned: dict[str, Any]
) -> None:
    values = {"name": "A lead", "x_pardot_prospect_id": "4711"}
    [lead] = world.client.create("crm.lead", [values])
    world.client.write("crm.lead", [lead], {"city": "Ulm"})
    found = [e for e in receiver.events() if e["lead_id"] == lead]
    assert {event["type"] for event in found} == {"record_changed"}
    assert len({event["event_id"] for event in found}) == len(found)


def failing(world: World, code: str, *words: str, source: str = "salesforce", **env: str) -> None:
    done, sources = check(world, **env)
    refused(done, "checks failed", code=1)
    verdict = sources[source]
    assert verdict["code"] == code
    told = f"{verdict['cause']} {verdict['fix']}"
    for word in words:
        assert word in told
    token = (world.home / "keys" / "webhooks" / "odoo").read_text().strip()
    assert token not in done.stdout + done.stderr


def test_another_secret_is_told(world: World, provisioned: dict[str, Any]) -> None:
    secret = signing_secret()
    failing(world, "unauthorised", "secret", "clocks", WEBHOOK_SECRET_SALESFORCE=secret)


def test_a_name_that_is_not_known_is_told(world: World, provisioned: dict[str, Any]) -> None:
    failing(world, "name", "DNS", WEBHOOK_PUBLIC_URL="http://hooks.invalid")


def test_a_closed_port_is_told(world: World, provisioned: dict[str, Any]) -> None:
    failing(world, "refused", "Start the receiver", WEBHOOK_PUBLIC_URL="http://127.0.0.1:9")


def test_a_certificate_that_is_none_is_told(
    world: World, receiver: Receiver, provisioned: dict[str, Any]
) -> None:
    url = receiver.url.replace("http://", "https://")
    failing(world, "tls", "certificate", WEBHOOK_PUBLIC_URL=url)


def test_a_path_that_leads_nowhere_is_told(
    world: World, receiver: Receiver, provisioned: dict[str, Any]
) -> None:
    failing(world, "not_found", "path", WEBHOOK_PUBLIC_URL=f"{receiver.url}/elsewhere")


@pytest.mark.parametrize(
    ("status", "code"), [(200, "stranger"), (401, "stranger"), (302, "redirect")]
)
def test_somebody_else_at_the_address_is_told(
    world: World, provisioned: dict[str, Any], status: int, code: str
) -> None:
    with push_receiver() as stranger:
        stranger.statuses += [status] * 9
        failing(world, code, str(status), WEBHOOK_PUBLIC_URL=stranger.url)


def test_the_receiver_of_another_installation_is_told(
    world: World, provisioned: dict[str, Any], tmp_path: Path
) -> None:
    failing(world, "elsewhere", "LEDGER_URL", LEDGER_URL=str(tmp_path / "other.sqlite"))


def test_rules_that_rest_lead_astray_or_are_missing_are_told(
    world: World, receiver: Receiver, provisioned: dict[str, Any]
) -> None:
    rules = world.client.search("base.automation", [])
    world.client.write("base.automation", rules, {"active": False})
    done, sources = check(world)
    assert done.code == 1
    assert sources["odoo"]["arrived"], "the receiver is not to blame"
    assert sources["odoo"]["rules"] == "resting"
    world.client.write("base.automation", rules, {"active": True})
    url = receiver.url.replace("127.0.0.1", "localhost")
    assert check(world, WEBHOOK_PUBLIC_URL=url)[1]["odoo"]["rules"] == "astray"
    world.client.unlink("base.automation", rules)
    assert check(world)[1]["odoo"]["rules"] == "missing"
    assert world.run("provision", "--webhooks", "--pipeline-user", "pipeline").code == 0
    assert check(world)[0].code == 0


def test_a_closed_source_is_put_to_rest_in_odoo(
    world: World, provisioned: dict[str, Any], tmp_path: Path
) -> None:
    rules = tmp_path / "closed.yaml"
    rules.write_text(
        "webhooks:\n  sources:\n    odoo: {system: odoo, authentication: token, active: false}\n"
    )
    done = world.run("provision", "--webhooks", "--json", env={"PIPELINE_CONFIG": str(rules)})
    assert done.code == 0, done.stderr
    changed = [step for step in done.report["steps"] if step["outcome"] == "changed"]
    assert {step["kind"] for step in changed} == {"rule"}
    assert world.client.search_count("base.automation", []) == 0
    assert world.run("provision", "--webhooks", "--pipeline-user", "pipeline").code == 0
    assert world.client.search_count("base.automation", []) == 2


def test_a_source_of_odoo_that_would_have_to_sign_is_refused(world: World, tmp_path: Path) -> None:
    rules = tmp_path / "signed.yaml"
    rules.write_text("webhooks: {sources: {odoo: {system: odoo, authentication: signature}}}\n")
    env = {"PIPELINE_CONFIG": str(rules), "WEBHOOK_PUBLIC_URL": "https://hooks.example.com"}
    refused(world.run("provision", "--webhooks", env=env), "authentication: token", code=2)


def test_without_a_secret_there_is_nothing_to_check(tmp_path: Path, world: World) -> None:
    env = {**world.environment, "WEBHOOK_PUBLIC_URL": "https://hooks.example.com"}
    done = run_here(tmp_path, "provision", "--webhooks", "--check", env=env)
    refused(done, "No source is open", "provision --webhooks", code=2)
