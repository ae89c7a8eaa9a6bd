"""Secrets and personal data that were planted are in no log, no event and no message."""

from __future__ import annotations

from pathlib import Path

import pytest

from pardot_odoo_pipeline.sandbox.population import Outcome
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.world import World

APPLY = "/json/2/ir.actions.server/run"


@pytest.fixture(scope="module")
def personal(small_world: World) -> dict[str, str]:
    """Values of people whose shape cannot stand in a log by chance."""
    canaries: dict[str, str] = {}
    for person in small_world.population.truth():
        if person.disposition is not Outcome.CREATED:
            continue
        for column in ("email_key", "full_name", "phone", "street", "comments"):
            value = (person.lead or {}).get(column)
            if value and len(value) > 8:
                canaries[f"{person.prospect_id} {column}"] = value
    assert len(canaries) > 100
    return canaries


@pytest.fixture(scope="module")
def said(small_world: World, personal: dict[str, str]) -> list[cli.Finished]:
    """A failing, a succeeding and another failing command, each with people in hand."""
    world = small_world
    email = next(value for name, value in personal.items() if name.endswith("email_key"))
    talkative = {
        "name": "odoo.exceptions.ValidationError",
        "message": f"The contact {email} is not valid: {email}",
        "arguments": [email],
        "debug": f"Traceback … {email}",
    }
    done = [world.run("provision")]
    world.odoo.fault({"status": 500, "body": {**talkative, "name": "x.Odd"}}, times=99, path=APPLY)
    failed = [world.run("sync", "--initial", "--json")]
    world.forget()
    read = "/json/2/crm.lead/search_read"
    world.odoo.fault(
        {"status": 500, "body": {**talkative, "name": "builtins.ValueError"}}, path=read
    )
    failed.append(world.run("--debug", "sync", "--initial", "--json"))
    world.forget()
    world.advance(400)
    world.odoo.fault({"status": 422, "body": talkative}, path=APPLY)
    done.append(world.run("sync", "--initial", "--json"))
    world.forget()
    world.advance(400)
    world.pardot.fault({"status": 403, "body": {"code": 46, "message": email}}, 9, path="/api")
    failed.append(world.run("--debug", "sync"))
    done += [world.run("status"), world.run("status", "--json")]
    assert [one.code for one in done] == [0] * len(done), done
    assert 0 not in [one.code for one in failed], failed
    done += failed
    return done


def test_nothing_is_printed(
    said: list[cli.Finished], personal: dict[str, str], secrets: dict[str, str]
) -> None:
    for done in said:
        assert found_in(done.stdout + done.stderr, {**personal, **secrets}) == []


@pytest.fixture(scope="module")
def secrets(small_world: World) -> dict[str, str]:
    own = {**small_world.pardot.credentials, **small_world.odoo.credentials}
    names = ("client_secret", "refresh_token", "api_key", "password")
    return {name: own[name] for name in names}


def test_nothing_is_in_logs_or_in_dagsters_storage(
    small_world: World, said: list[cli.Finished], personal: dict[str, str], secrets: dict[str, str]
) -> None:
    files = [*files_below(small_world.home / "dagster"), *files_below(small_world.home / "logs")]
    assert any(path.suffix == ".db" and path.stat().st_size > 10_000 for path in files)
    canaries = {name: value.encode() for name, value in {**personal, **secrets}.items()}
    found = [
        f"{name} in {path.name}"
        for path in files
        for content in [path.read_bytes()]
        for name, value in canaries.items()
        if value in content
    ]
    assert found == []


def test_no_secret_is_in_the_ledger_nor_in_frames(
    small_world: World, said: list[cli.Finished], secrets: dict[str, str]
) -> None:
    ledger = list(small_world.home.glob("ledger.sqlite*"))
    assert ledger
    for path in [*ledger, *files_below(small_world.home / "frames")]:
        content = path.read_bytes()
        assert [name for name, value in secrets.items() if value.encode() in content] == []


def test_what_holds_people_is_private_to_its_owner(
    small_world: World, said: list[cli.Finished]
) -> None:
    for name in ("frames", "spool", "keys", "logs", "dagster"):
        assert (small_world.home / name).stat().st_mode & 0o077 == 0, name
    assert (small_world.home / "ledger.sqlite").stat().st_mode & 0o077 == 0


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def found_in(text: str, canaries: dict[str, str]) -> list[str]:
    return [name for name, value in canaries.items() if value in text]
