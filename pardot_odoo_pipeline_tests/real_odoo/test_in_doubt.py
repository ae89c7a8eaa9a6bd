"""What becomes of a call whose client has gone: the ground of the word "in doubt"."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pardot_odoo_pipeline.odoo.errors import OdooTimeout
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin


def eventually(check: Callable[[], bool], seconds: float = 30) -> bool:
    """Ask again and again until it holds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        threading.Event().wait(0.1)
    return check()


def test_a_create_that_timed_out_is_carried_out_all_the_same(odoo_database: OdooLogin) -> None:
    client, mark = odoo_database.client(), uuid.uuid4().hex
    assert client.version
    rows = [{"name": mark, "type": "lead", "user_id": False} for _ in range(200)]
    with pytest.raises(OdooTimeout) as caught:
        client.call("crm.lead", "create", vals_list=rows, timeout=0.15)
    assert caught.value.in_doubt
    domain = [["name", "=", mark]]
    assert client.search_count("crm.lead", domain) == 0, "looking at once finds nothing"
    assert eventually(lambda: client.search_count("crm.lead", domain) == 200)


def test_a_load_that_timed_out_makes_no_twins_when_repeated(odoo_database: OdooLogin) -> None:
    client, mark = odoo_database.client(), uuid.uuid4().hex
    assert client.version
    fields = ["id", "name", "type"]
    rows = [[f"pardot.t_{mark}_{n}", mark, "lead"] for n in range(150)]
    with pytest.raises(OdooTimeout):
        client.call("crm.lead", "load", fields=fields, data=rows, timeout=0.15)
    domain = [["name", "=", mark]]
    assert eventually(lambda: client.search_count("crm.lead", domain) == 150)
    again = client.load("crm.lead", fields, rows)
    assert again["messages"] == []
    assert client.search_count("crm.lead", domain) == 150


def test_two_loads_of_the_same_people_at_a_time_make_no_twins(odoo_database: OdooLogin) -> None:
    mark = uuid.uuid4().hex
    fields = ["id", "name", "type"]
    rows = [[f"pardot.t_{mark}_{n}", mark, "lead"] for n in range(60)]
    barrier = threading.Barrier(2)

    def load() -> object:
        client = odoo_database.client()
        assert client.version
        barrier.wait(30)
        return client.load("crm.lead", fields, rows)["ids"]

    with ThreadPoolExecutor(2) as pool:
        results = [task.result() for task in (pool.submit(load), pool.submit(load))]
    assert any(results), "one of them at least went through"
    assert odoo_database.client().search_count("crm.lead", [["name", "=", mark]]) == 60
