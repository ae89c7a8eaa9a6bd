"""What the process keeps between starts, and how it starts and ends."""

from __future__ import annotations

import contextlib
import sqlite3
import threading

import pytest
import requests

from pardot_odoo_pipeline.sandbox.population import Population

from .conftest import Sandbox, launch


@pytest.fixture
def home(tmp_path):
    return tmp_path


def census(sandbox):
    fields = "id,email,firstName,company,updatedAt,lastActivityAt,isDeleted"
    return sandbox.everything("prospects", fields=fields, deleted="all", limit=1000)


def test_state_outlives_a_restart(home):
    first = Sandbox(home, size=50)
    record = first.person(city="Kept")
    before, kept = census(first), first.credentials
    first.control("PUT", "/quota", {"used": 77})
    assert first.ready_mode == 0o600
    assert first.stop() == 0
    assert not (home / "sandbox" / "pardot.json").exists()
    second = Sandbox(home, size=50)
    try:
        assert second.credentials == kept
        assert second.control("GET", "/quota")["used"] == 77
        assert census(second) == before
        assert second.get(f"prospects/{record}", fields="city").json() == {"city": "Kept"}
    finally:
        assert second.stop() == 0


def test_a_killed_server_loses_nothing_that_it_answered(home):
    first = Sandbox(home, size=20)
    record = first.person(city="Kept")
    first.process.kill()
    first.process.communicate()
    second = Sandbox(home, size=20)
    try:
        assert second.get(f"prospects/{record}", fields="city").json() == {"city": "Kept"}
    finally:
        second.stop()


def test_a_creation_cut_short_is_begun_again(home):
    doomed = launch(home, size=6_000)
    database = home / "sandbox" / "pardot" / "pardot.sqlite-wal"
    while not database.exists() or database.stat().st_size < 300_000:
        assert doomed.poll() is None
    doomed.kill()
    doomed.communicate()
    again = Sandbox(home, size=6_000)
    try:
        assert len(census(again)) == 6_000
    finally:
        again.stop()


def test_a_late_planting_does_not_keep_the_server_from_ending(home):
    server = Sandbox(home, size=5_000)
    address = f"{server.url}/api/v5/objects/visitor-activities?fields=id"

    def ask():
        with contextlib.suppress(requests.ConnectionError):
            requests.get(address, headers=dict(server.http.headers), timeout=60)

    asking = threading.Thread(target=ask)
    asking.start()
    database = sqlite3.connect(home / "sandbox" / "pardot" / "pardot.sqlite")
    while not database.execute("SELECT count(*) FROM visitor_activities").fetchone()[0]:
        pass
    assert server.stop() == 0
    asking.join()
    planted = database.execute("SELECT count(*) FROM visitor_activities").fetchone()[0]
    database.close()
    again = Sandbox(home, size=5_000)
    try:
        everything = sum(1 for _ in Population(seed=7, size=5_000).activities())
        assert planted <= everything
        assert again.control("GET", "/counts")["visitor-activities"] == everything
    finally:
        again.stop()


def test_another_population_is_refused_unless_fresh(home):
    Sandbox(home, size=20).stop()
    other = launch(home, size=21)
    message = other.communicate(timeout=60)[1]
    assert other.returncode == 2
    assert message.count("\n") == 1
    assert "--fresh" in message
    fresh = Sandbox(home, "--fresh", size=21)
    try:
        assert len(census(fresh)) == 21
    finally:
        fresh.stop()


def test_a_state_of_an_older_layout_is_refused(home):
    Sandbox(home, size=20).stop()
    database = sqlite3.connect(home / "sandbox" / "pardot" / "pardot.sqlite")
    with database:
        database.execute(
            "UPDATE facts SET value = json_set(value, '$.version', 1) WHERE name = 'stamp'"
        )
    database.close()
    other = launch(home, size=20)
    message = other.communicate(timeout=60)[1]
    assert other.returncode == 2
    assert "--fresh" in message


def test_a_taken_port_is_one_line(home, pardot):
    port = pardot.url.rsplit(":", 1)[1]
    second = launch(home, "--port", port, size=5)
    # The last --port wins.
    message = second.communicate(timeout=60)[1]
    assert second.returncode == 2
    assert message.count("\n") == 1


def test_same_seed_same_people(home, pardot):
    twin = Sandbox(home)
    try:
        fields = "id,email,createdAt,score"
        assert twin.everything("prospects", fields=fields, limit=1000) == pardot.everything(
            "prospects", fields=fields, limit=1000
        )
    finally:
        twin.stop()
