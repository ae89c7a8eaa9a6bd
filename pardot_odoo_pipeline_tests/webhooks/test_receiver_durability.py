"""What was acknowledged is in the inbox, whatever dies."""

from __future__ import annotations

import itertools
import json
import secrets
import signal
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
import requests

from pardot_odoo_pipeline_tests.ledger.conftest import postgres
from pardot_odoo_pipeline_tests.postgres import PostgresServer
from pardot_odoo_pipeline_tests.webhooks.receiver_process import PATH, Receiver
from pardot_odoo_pipeline_tests.world import wait_for

__all__ = ["postgres"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Receiver]:
    """A receiver of this test's own, on each kind of ledger."""
    env, server = {}, None
    if request.param == "postgres":
        server: PostgresServer | None = request.getfixturevalue("postgres")
        assert server is not None
        env = {"LEDGER_URL": server.create_database()}
    with Receiver.running(tmp_path / "home", env=env) as receiver:
        yield receiver
    if server is not None:
        server.drop_database(env["LEDGER_URL"])


class Load:
    """Senders that send until they are told to stop, and remember what was acknowledged."""

    def __init__(self, receiver: Receiver, senders: int = 6) -> None:
        self._receiver = receiver
        self._url = receiver.url + PATH
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(senders)]
        self.acknowledged: set[str] = set()
        self.answers: list[int] = []
        self.broken = 0

    @contextmanager
    def going_on(self) -> Iterator[Load]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(20)

    def _send(self) -> None:
        with requests.Session() as session:
            for number in itertools.count():
                if self._stop.is_set():
                    return
                event_id = f"{threading.get_ident()}-{number}"
                event = {"eventId": event_id, "eventType": "page_viewed", "prospectId": 5}
                body = json.dumps(event).encode()
                try:
                    headers = self._receiver.signed(body)
                    answer = session.post(self._url, data=body, headers=headers, timeout=20)
                except requests.RequestException:
                    self.broken += 1
                    if self._stop.wait(0.02):
                        return
                    continue
                self.answers.append(answer.status_code)
                if answer.status_code == 202:
                    self.acknowledged.add(event_id)


def test_no_acknowledged_event_is_lost_when_the_process_is_killed(running: Receiver) -> None:
    with Load(running).going_on() as load:
        wait_for(lambda: len(load.acknowledged) > 50)
        running.signal(signal.SIGKILL)
        wait_for(lambda: load.broken > 0)
    assert running.process is not None
    running.process.wait(10)
    assert load.acknowledged <= running.event_ids()
    # What a dead process left behind does not keep the next one from starting.
    running.start()
    assert running.post({"eventType": "page_viewed", "prospectId": 5}).status == 202


def test_no_acknowledged_event_is_lost_when_the_process_is_ended(running: Receiver) -> None:
    with Load(running).going_on() as load:
        wait_for(lambda: len(load.acknowledged) > 50)
        assert running.end() == 0
    assert load.acknowledged <= running.event_ids()
    # Whatever was read was also answered.
    assert set(load.answers) <= {202, 503}
    assert not (running.home / "webhooks.json").exists()


@contextmanager
def locked(ledger: Path) -> Iterator[None]:
    """Somebody else writes and does not end."""
    connection = sqlite3.connect(ledger, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.rollback()
        connection.close()


def test_while_the_ledger_is_locked_senders_are_told_to_come_again(tmp_path: Path) -> None:
    with Receiver.running(tmp_path / "home") as receiver:
        event = {"eventId": "kept", "eventType": "page_viewed", "prospectId": 5}
        with locked(receiver.home / "ledger.sqlite"):
            with ThreadPoolExecutor(2) as pool:
                posting = pool.submit(receiver.post, event)
                asking = pool.submit(receiver.get, "/readyz")
                assert receiver.get("/healthz").status_code == 200
                answer = posting.result(20)
                assert asking.result(20).status_code == 503
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) > 0
            assert receiver.event_ids() == set()
        wait_for(lambda: receiver.get("/readyz").status_code == 200)
        assert receiver.post(event).document == {"accepted": 1, "duplicates": 0}
        assert receiver.event_ids() == {"kept"}
        assert receiver.log.count("Events are refused") == 1
        assert receiver.log.count("takes events again") == 1


@pytest.mark.postgres
def test_a_database_that_goes_away_and_comes_back(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.create_database()
    name = url.rpartition("/")[2]

    def run(*statements: str) -> None:
        connection = psycopg2.connect(postgres.url())
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    end_sessions = (
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    with Receiver.running(tmp_path / "home", env={"LEDGER_URL": url}) as receiver:
        event = {"eventType": "page_viewed", "prospectId": 5}
        assert receiver.post({**event, "eventId": "before"}).status == 202
        run(end_sessions)
        assert receiver.post({**event, "eventId": "after its sessions ended"}).status == 202
        run(
            f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false",
            end_sessions,
            f"ALTER DATABASE {name} RENAME TO {name}_away",
        )
        assert receiver.post({**event, "eventId": "kept"}).status == 503
        assert receiver.get("/readyz").status_code == 503
        run(
            f"ALTER DATABASE {name}_away RENAME TO {name}",
            f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true",
        )
        wait_for(lambda: receiver.get("/readyz").status_code == 200)
        assert receiver.post({**event, "eventId": "kept"}).document["accepted"] == 1
        assert receiver.event_ids() == {"before", "after its sessions ended", "kept"}
        assert postgres.password not in receiver.log
    postgres.drop_database(url)


def test_a_group_that_is_written_is_not_written_twice_after_a_lost_answer(
    running: Receiver,
) -> None:
    """Who heard nothing sends again, with the same id."""
    events = [
        {"eventId": secrets.token_hex(6), "eventType": "page_viewed", "prospectId": n + 1}
        for n in range(50)
    ]
    assert running.post(events).document == {"accepted": 50, "duplicates": 0}
    running.signal(signal.SIGKILL)
    assert running.process is not None
    running.process.wait(10)
    running.start()
    assert running.post(events).document == {"accepted": 0, "duplicates": 50}
    assert len(running.events()) == 50
