"""Whatever is wrong outside gets one message with cause and fix, and leaves nothing half done."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.settings import Home
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user
from pardot_odoo_pipeline_tests.world import SEED, World, refused, run_here, writes

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def world(small_world: World) -> Iterator[World]:
    small_world.forget()
    yield small_world
    small_world.forget()


@pytest.fixture(scope="module")
def unreachable(small_world: World) -> Iterator[subprocess.Popen[str]]:
    """A sync with a Pardot that is not there: it tries for a while, so it starts early."""
    env = {**small_world.configured, "PARDOT_API_URL": NOBODY, "PARDOT_TOKEN_URL": NOBODY}
    home = small_world.home / "unreachable"
    home.mkdir()
    process = subprocess.Popen(
        cli.command_line("sync", "--initial"),
        env=cli.environment(home, env),
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module", autouse=True)
def _started(unreachable: subprocess.Popen[str]) -> None:
    """Let it try while the other tests run."""


# Before provisioning: these tests come first in the module.


def test_an_odoo_that_is_not_provisioned(world: World) -> None:
    refused(world.run("sync", "--initial"), "x_pardot_", "pardot-odoo provision", code=2)
    assert not list((world.home / "spool").iterdir())


def test_provisioning_without_the_right_to(world: World) -> None:
    seller = make_sales_user(_admin(world), "seller", with_key=False)
    done = world.run("provision", env={**world.configured, **_as(seller)})
    refused(done, "may not")
    assert _fields(world) == []


def test_provisioning_twice(world: World) -> None:
    assert world.run("provision").code == 0
    fields = _fields(world)
    assert "x_pardot_prospect_id" in fields
    world.forget()
    done = world.run("provision", "--json")
    assert done.code == 0
    assert done.report.get("created", 0) == 0
    assert _fields(world) == fields
    assert writes(world.odoo) == []


def test_a_wrong_client_secret(world: World) -> None:
    env = {**world.configured, "PARDOT_CLIENT_SECRET": "not-the-secret"}
    refused(world.run("sync", "--initial", env=env), "secret", "PARDOT_CLIENT_SECRET", code=2)


def test_a_wrong_business_unit(world: World) -> None:
    home = {"PIPELINE_HOME": str(world.home / "other_unit")}
    Path(home["PIPELINE_HOME"]).mkdir()
    env = {**world.configured, **home, "PARDOT_BUSINESS_UNIT_ID": "0Uv000000000000001"}
    refused(world.run("sync", "--initial", env=env), "201", "PARDOT_BUSINESS_UNIT_ID", code=2)


def test_a_wrong_odoo_key(world: World) -> None:
    env = {**world.configured, "ODOO_API_KEY": "0" * 40}
    for command in (("sync", "--initial"), ("provision",)):
        refused(world.run(*command, env=env), "login", "ODOO_API_KEY", code=2)


def test_a_database_that_odoo_does_not_have(world: World) -> None:
    env = {**world.configured, "ODOO_DATABASE": "elsewhere"}
    refused(world.run("provision", env=env), "ODOO_DATABASE", code=2)


def test_an_odoo_that_is_not_there(world: World) -> None:
    for command in (("sync", "--initial"), ("provision",)):
        done = world.run(*command, env={**world.configured, "ODOO_URL": NOBODY})
        refused(done, NOBODY, "ODOO_URL", code=1)


def test_a_user_who_may_not_read_leads(world: World) -> None:
    client = world.client
    client.create("res.users", [{"name": "Nil", "login": "nil", "password": "nil-password"}])
    env = {**world.configured, "ODOO_USERNAME": "nil", "ODOO_PASSWORD": "nil-password"}
    env["ODOO_API_KEY"] = ""
    refused(world.run("sync", "--initial", env=env), "crm.lead", "right", code=2)


def test_another_odoo_than_the_ledgers(world: World) -> None:
    # The bucket that failed for want of a right comes back with a person's next sync of any kind.
    report = world.sync("--prospect", "1")
    assert report["leads_created"] == world.population.truth().counts.leads_created
    with running_sandbox(
        Home(world.home / "second").create(), ["odoo"], prospects=0, seed=SEED
    ) as states:
        own = states["odoo"]["credentials"]
        other = {"ODOO_URL": states["odoo"]["url"], "ODOO_API_KEY": own["api_key"]}
        done = world.run("sync", "--initial", env={**world.configured, **other})
        refused(done, "ledger belongs to", "PIPELINE_HOME", code=2)


def test_another_business_unit_than_the_rules_files(world: World, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("business_unit_id: 0Uv000000000000002\n")
    done = world.run("sync", "--initial", env={"PIPELINE_CONFIG": str(rules)})
    refused(done, "0Uv000000000000002", "business_unit_id", code=2)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("batch_size: 500\nbach_size: 3\n", "rules.yaml:2"),
        ("limits: [\n", "rules.yaml:"),
        ("batch_size: many\n", "rules.yaml:1"),
    ],
)
def test_a_broken_rules_file(tmp_path: Path, text: str, place: str) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(text)
    done = run_here(tmp_path, "sync", "--initial", env={"PIPELINE_CONFIG": str(rules)})
    refused(done, place, code=2)


def test_a_quota_that_is_used_up(world: World) -> None:
    quota = world.pardot.control("GET", "/quota")
    world.pardot.control("PUT", "/quota", {"used": quota["maximum"]})
    try:
        refused(world.run("sync", "--initial"), "122", "Wait", code=1)
    finally:
        world.pardot.control("PUT", "/quota", {"used": 0})


def test_a_page_in_place_of_data(world: World) -> None:
    world.pardot.fault({"html": True, "status": 403}, times=20, path="/api")
    refused(world.run("sync", "--initial"), "page instead of data", "PARDOT_API_URL", code=2)


def test_an_interval_before_any_initial_sync(tmp_path: Path) -> None:
    refused(run_here(tmp_path, "sync"), "initial sync", "sync --initial", code=2)


def test_failures_that_pass_are_waited_for(world: World) -> None:
    """A lost token, a server's bad minute and a gateway's page, all in one sync."""
    # Whatever failed before left Pardot alone; the look that ends that is not what is meant here.
    world.forget()
    world.sync("--initial")
    world.pardot.fault({"code": 184, "status": 401}, path="/api/v5/exports", method="POST")
    world.pardot.fault({"status": 500}, path="/api/v5/objects")
    world.pardot.fault({"html": True, "status": 504}, path="/api/v5/exports", method="GET")
    report = world.sync("--initial")
    counts = world.population.truth().counts
    assert report["unchanged"] == counts.leads_created + counts.leads_updated
    assert report["quarantined"] == counts.quarantined
    assert world.pardot.control("GET", "/faults") == []


def test_after_a_failure_the_next_call_does_everything(world: World) -> None:
    """A batch whose run could not begin is neither lost nor taken for done."""
    world.advance(600)
    env = {**world.configured, "ODOO_API_KEY": "0" * 40}
    refused(world.run("sync", env=env), "ODOO_API_KEY", code=2)
    [who] = world.client.search_read(
        "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"], limit=1
    )
    prospect = who["x_pardot_prospect_id"]
    world.pardot.control("POST", f"/prospects/{prospect}", {"values": {"city": "Laterton"}})
    world.advance(300)
    assert world.sync()["leads_updated"] == 1
    [lead] = world.of_prospect("crm.lead", prospect, "city")
    assert lead["city"] == "Laterton"


def test_a_pardot_that_is_not_there(unreachable: subprocess.Popen[str]) -> None:
    out, err = unreachable.communicate(timeout=60)
    refused(cli.Finished(unreachable.returncode, out, err), NOBODY, "PARDOT_", code=1)


def test_an_odoo_that_is_too_old(tmp_path: Path, old_odoo: str) -> None:
    done = run_here(tmp_path, "provision", env=_elsewhere(old_odoo))
    refused(done, "16.0", "Upgrade Odoo to 18", code=2)


def test_an_odoo_without_crm(tmp_path: Path, odoo_without_crm: str) -> None:
    done = run_here(tmp_path, "sync", "--initial", env=_elsewhere(odoo_without_crm))
    refused(done, "CRM app is not installed", "Install CRM", code=2)


class _Canned(BaseHTTPRequestHandler):
    """An Odoo that speaks JSON-RPC and says one thing per method of a service."""

    answers: ClassVar[dict[str, Any]] = {}

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.answers[asked["params"]["method"]]
        body = json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), **answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


def _serve(answers: dict[str, Any]) -> Iterator[str]:
    handler = type("Handler", (_Canned,), {"answers": answers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _version(major: int) -> dict[str, Any]:
    info = [major, 0, 0, "final", 0, ""]
    return {"result": {"server_version": f"{major}.0", "server_version_info": info}}


@pytest.fixture
def old_odoo() -> Iterator[str]:
    yield from _serve({"version": _version(16)})


@pytest.fixture
def odoo_without_crm() -> Iterator[str]:
    error = {
        "name": "odoo.exceptions.UserError",
        "message": "Object crm.lead doesn't exist",
        "arguments": ["Object crm.lead doesn't exist"],
        "debug": "Traceback (most recent call last): …",
    }
    refusal = {"error": {"code": 200, "message": "Odoo Server Error", "data": error}}
    yield from _serve(
        {"version": _version(18), "authenticate": {"result": 2}, "execute_kw": refusal}
    )


def _elsewhere(url: str) -> dict[str, str]:
    """Systems of which only Odoo is ever asked."""
    return {
        "PARDOT_API_URL": NOBODY,
        "PARDOT_TOKEN_URL": NOBODY,
        "PARDOT_CLIENT_ID": "id",
        "PARDOT_CLIENT_SECRET": "secret",
        "PARDOT_BUSINESS_UNIT_ID": "0Uv000000000000003",
        "ODOO_URL": url,
        "ODOO_DATABASE": "production",
        "ODOO_USERNAME": "someone",
        "ODOO_PASSWORD": "password",
    }


def _admin(world: World) -> OdooLogin:
    own = world.odoo.credentials
    return OdooLogin(
        world.odoo.url, own["database"], own["username"], own["password"], own["api_key"]
    )


def _as(user: OdooLogin) -> dict[str, str]:
    return {"ODOO_USERNAME": user.username, "ODOO_PASSWORD": user.password, "ODOO_API_KEY": ""}


def _fields(world: World) -> list[str]:
    rows = world.client.search_read(
        "ir.model.fields", [("name", "=like", "x_pardot%")], ["name"], order="id"
    )
    return [row["name"] for row in rows]
