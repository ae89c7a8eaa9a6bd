"""A receiver that runs is seen as alive, and one that ends as ended."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
import requests
import sqlalchemy as sa

from pardot_odoo_pipeline.cli.processes import Child, free_port, read_state
from pardot_odoo_pipeline.ledger.desks import workers as table
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import workers
from pardot_odoo_pipeline.webhooks.signs_of_life import SignsOfLife
from pardot_odoo_pipeline_tests.cli import environment
from pardot_odoo_pipeline_tests.ledgers import NOW
from pardot_odoo_pipeline_tests.world import run_here, wait_for


def test_it_lives_while_it_shows_life_and_ends_when_it_says_so(tmp_path: Path) -> None:
    moment = [NOW]
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:

        def alive() -> bool:
            with ledger.read() as connection:
                return workers.alive(connection, workers.RECEIVER, now=moment[0])

        signs = SignsOfLife(ledger, lambda: moment[0])
        assert not alive()
        signs.show()
        assert alive()
        moment[0] += timedelta(minutes=1)
        assert not alive()
        signs.show()
        assert alive()
        with ledger.read() as connection:
            [process] = workers.listed(connection)
        assert (process.kind, process.pid, process.started_at) == ("receiver", os.getpid(), NOW)
        signs.end()
        assert not alive()


def test_one_whose_row_is_gone_is_seen_again(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        signs = SignsOfLife(ledger, lambda: NOW)
        signs.show()
        with ledger.write() as connection:
            connection.execute(sa.delete(table))
        signs.show()
        with ledger.read() as connection:
            assert workers.alive(connection, workers.RECEIVER, now=NOW)


@pytest.mark.parametrize("what", ["show", "end"])
def test_a_ledger_that_is_down_is_borne(what: str) -> None:
    nobody = f"postgresql+psycopg2://u:p@127.0.0.1:{free_port()}/nowhere"
    getattr(SignsOfLife(Ledger(sa.create_engine(nobody)), lambda: NOW), what)()


def test_status_and_metrics_of_a_running_receiver(tmp_path: Path) -> None:
    def shown() -> dict[str, bool]:
        done = run_here(tmp_path, "status", "--json")
        assert done.code == 0, done.stderr
        return dict(done.report["workers"])

    assert shown() == {"receiver": False, "warm": False}
    with mock.patch.dict(os.environ, environment(tmp_path, {"WEBHOOK_PORT": "0"}), clear=True):
        log = tmp_path / "receiver.log"
        receiver = Child("The receiver", "pardot_odoo_pipeline.webhooks", [], log)
    try:
        file = tmp_path / "webhooks.json"
        state = receiver.wait_until(lambda: read_state(file, receiver.pid), 30)
        wait_for(lambda: shown()["receiver"], 10)
        page = requests.get(f"{state['url']}/metrics", timeout=10)
        assert page.status_code == 200
        assert "pardot_odoo_ledger_up 1.0" in page.text
        assert 'pardot_odoo_inbox_events{state="waiting"} 0.0' in page.text
    finally:
        receiver.end()
    assert shown() == {"receiver": False, "warm": False}
