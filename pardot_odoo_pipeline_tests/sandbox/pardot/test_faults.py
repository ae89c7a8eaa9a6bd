"""Faults on demand, the request log and the switches, through the control port."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from .conftest import refusal


def test_codes_come_in_the_products_envelope(living):
    for code, status in ((183, 500), (214, 504), (62, 400), (122, 429), (15, 400), (83, 400)):
        living.fault({"code": code})
        assert refusal(living.get("users", fields="id")) == (status, code)
    assert living.get("users", fields="id").status_code == 200


def test_a_fault_strikes_so_often_and_only_its_match(living):
    living.fault({"status": 503}, times=2, method="GET", path="/api/v5/objects/lists*")
    assert living.get("users", fields="id").status_code == 200
    assert [living.get("lists", fields="id").status_code for _ in range(3)] == [503, 503, 200]


def test_gateway_pages_and_own_bodies(living):
    living.fault({"html": True})
    answer = living.get("users", fields="id")
    assert answer.status_code == 504
    assert answer.headers["content-type"] == "text/html"
    living.fault({"status": 418, "body": {"short": "stout"}})
    answer = living.get("users", fields="id")
    assert (answer.status_code, answer.json()) == (418, {"short": "stout"})


def test_a_broken_connection(living):
    living.fault({"reset": True})
    with pytest.raises(requests.ConnectionError):
        living.get("users", fields="id")


def test_work_done_and_answer_lost(living):
    before = living.control("GET", "/counts")["prospects"]
    living.fault({"reset": True, "after": True}, method="POST")
    with pytest.raises(requests.ConnectionError):
        living.post("prospects", {"email": "lost@example.com"})
    assert living.control("GET", "/counts")["prospects"] == before + 1
    living.fault({"reset": True}, method="POST")
    with pytest.raises(requests.ConnectionError):
        living.post("prospects", {"email": "lost@example.com"})
    assert living.control("GET", "/counts")["prospects"] == before + 1


def test_slow_answers(living):
    living.fault({"delay_seconds": 0.4})
    started = time.monotonic()
    assert living.get("users", fields="id").status_code == 200
    assert time.monotonic() - started >= 0.4


def test_faults_can_be_withdrawn_and_must_make_sense(living):
    living.fault({"status": 503})
    living.control("DELETE", "/faults")
    assert living.get("users", fields="id").status_code == 200
    with pytest.raises(requests.HTTPError, match="400"):
        living.fault({"explode": True})


def test_a_token_can_die_in_the_middle_of_a_chain(living):
    living.fault({"code": 210}, contains="")
    following = living.get("prospects", fields="id", limit=5)
    assert refusal(following) == (400, 210)


def test_the_request_log(living):
    start = living.control("GET", "/requests")["next"]
    living.get("prospects", fields="id", limit=7)
    living.get("prospects", limit=7)
    log = living.control("GET", f"/requests?since={start}")
    first, second = log["requests"]
    assert log["next"] == start + 2
    assert (first["method"], first["path"]) == ("GET", "/api/v5/objects/prospects")
    assert (first["status"], first["rows"], first["code"]) == (200, 7, None)
    assert first["query"] == [["fields", "id"], ["limit", "7"]]
    assert (second["status"], second["code"], second["n"]) == (400, 13, start + 1)
    living.control("DELETE", "/requests")
    assert living.control("GET", "/requests")["requests"] == []


def test_switches_take_only_what_they_know(living):
    for wrong in ({"unknown": 1}, {"edition": "Gold"}, {"daily_maximum": "many"}):
        with pytest.raises(requests.HTTPError, match="400"):
            living.switch(**wrong)
    with pytest.raises(requests.HTTPError, match="404"):
        living.switch(time_zone="Mars/Olympus")
    assert living.control("GET", "/switches")["time_zone"] == "America/New_York"
    assert living.get("prospects", fields="createdAt").status_code == 200


def test_health_and_unknown_control_routes(living):
    assert living.control("GET", "/healthz") == {"ok": True}
    with pytest.raises(requests.HTTPError, match="404"):
        living.control("GET", "/unicorns")


def test_parallel_readers_and_writers_see_whole_records(living):
    """Five clients at once: every answer is whole, and no write is lost."""
    record, failures = living.person(firstName="0", lastName="0"), []
    headers = dict(living.http.headers)
    address = f"{living.url}/api/v5/objects/prospects/{record}"

    def write(start):
        for number in range(start, start + 15):
            body = {"firstName": str(number), "lastName": str(number)}
            answer = requests.patch(address, json=body, headers=headers, timeout=30)
            if answer.status_code != 204:
                failures.append(answer.text)

    def read():
        for _ in range(15):
            query = {"fields": "firstName,lastName"}
            found = requests.get(address, params=query, headers=headers, timeout=30).json()
            if found.get("firstName") != found.get("lastName"):
                failures.append(found)

    threads = [threading.Thread(target=write, args=(n * 100,)) for n in range(3)]
    threads += [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
