"""The audit of one process: what it is told is written, whole, masked or encrypted, and once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.odoo.wire import CallRecord as OdooCall
from pardot_odoo_pipeline.operations.audit import AuditLog, clean_path, outcome_of
from pardot_odoo_pipeline.operations.audit_files import AuditFiles, Kind, table_of
from pardot_odoo_pipeline.operations.audit_query import AuditQuery, Filters
from pardot_odoo_pipeline.operations.data_keys import DataKey, KeyRing, new_key
from pardot_odoo_pipeline.pardot.answers import ApiUsage
from pardot_odoo_pipeline.pardot.answers import CallRecord as PardotCall

NOW = datetime(2026, 1, 31, 8, 15, tzinfo=UTC)
SECRET = "ada.lovelace@example.com"
KEY = DataKey.parse(new_key(), "the test's key")


class Clock:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")


def _log(files: AuditFiles, **options: Any) -> AuditLog:
    named = {"mask": lambda value: f"mask:{len(value)}", "flush_seconds": 0.0, **options}
    return AuditLog(files, list(Kind), Clock(), "host:1:abc", **named)


@pytest.fixture
def files(tmp_path: Path) -> AuditFiles:
    return AuditFiles(str(tmp_path / "audit"), KeyRing())


@pytest.fixture
def log(files: AuditFiles) -> Iterator[AuditLog]:
    log = _log(files)
    yield log
    log.close()


def _values(log: AuditLog, *new: str) -> None:
    log.values(
        {
            "prospect_id": [str(n) for n in range(len(new))],
            "system": "odoo",
            "model": "crm.lead",
            "record_id": list(range(len(new))),
            "fields": "email_from,city",
            "sources": "pardot/email,pardot/city",
            "rules": "filled,",
            "new": [json.dumps({"email_from": value, "city": False}) for value in new],
        },
        len(new),
    )


def _everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_call_is_told_with_its_batch_and_names_nobody(files: AuditFiles, log: AuditLog) -> None:
    usage = ApiUsage(17, 100_000)
    path = f"/api/v5/objects/prospects/11000003?email={SECRET}"
    with log.of_batch("interval-1", 2):
        name = log.request_id()
        log.pardot_call(PardotCall("GET", path, 404, 109, 0.25, usage, 0, 55, name))
    log.odoo_call(OdooCall("crm.lead", "read", "json2", 3.0, "read_timeout", None, 12))
    log.sign_in(PardotCall("POST", "/services/oauth2/token", 200, None, 0.1))
    log.flush()
    query = AuditQuery(files)
    rows = {row["system"]: row for row in query.rows(Kind.CALLS, Filters(), limit=10)}
    pardot = rows["pardot"]
    assert pardot["path"] == "/api/v5/objects/prospects/{id}"
    assert (pardot["batch"], pardot["attempt"], pardot["code"]) == ("interval-1", 2, "109")
    assert (pardot["quota_used"], pardot["received"], pardot["request_id"]) == (17, 55, name)
    assert rows["odoo"]["batch"] is None
    assert {system: row["outcome"] for system, row in rows.items()} == {
        "pardot": "refused",
        "odoo": "no_answer",
        "salesforce": "ok",
    }
    [slow] = query.rows(Kind.CALLS, Filters(slow=1, failed=True), limit=10)
    assert slow["path"] == "crm.lead/read"
    [refused] = query.rows(Kind.CALLS, Filters(code="109"), limit=10)
    assert refused["system"] == "pardot"
    assert query.rows(Kind.CALLS, Filters(since=NOW + timedelta(hours=1)), limit=10) == []
    [summary] = query.summary(Kind.CALLS, Filters(system="odoo"))
    assert (summary["calls"], summary["failed"], summary["p95"]) == (1, 1, 3.0)
    assert SECRET.encode() not in _everything_below(Path(str(files.base)))


@given(st.lists(st.sampled_from(["prospects", "12345", SECRET, "a%40b", "do", "addTag", "7"])))
def test_no_path_names_anybody(parts: list[str]) -> None:
    cleaned = clean_path("/api/v5/objects" + "".join(f"/{part}" for part in parts) + "?email=x")
    assert not any(word in cleaned for word in ("12345", "@", "%40", "/7", "?"))
    assert cleaned.startswith("/api/v5/objects")
    assert cleaned.count("/") == len(parts) + 3


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (200, None, "ok"),
        (200, "odoo_refused", "refused"),
        (404, 109, "refused"),
        (401, None, "refused"),
        (500, None, "failed"),
        (503, "http_503", "failed"),
        (429, None, "failed"),
        (None, None, "no_answer"),
    ],
)
def test_what_an_answer_came_to(status: int | None, code: object, outcome: str) -> None:
    assert outcome_of(status, code) == outcome


def test_without_a_key_values_are_masked(files: AuditFiles, log: AuditLog) -> None:
    _values(log, SECRET)
    log.flush()
    assert SECRET.encode() not in _everything_below(Path(str(files.base)))
    rows = AuditQuery(files).rows(Kind.VALUES, Filters(), limit=9, values=True)
    assert {row["field"]: (row["old"], row["new"], row["masked"]) for row in rows} == {
        "email_from": (None, f"mask:{len(SECRET)}", True),
        "city": (None, None, True),
    }


def test_with_a_key_values_are_encrypted_and_shown_only_when_asked(tmp_path: Path) -> None:
    files = AuditFiles(str(tmp_path / "audit"), KeyRing((KEY,)))
    log = _log(files)
    _values(log, *(f"{n}{SECRET}" for n in range(40_000)))  # of more than one page
    log.close()
    assert SECRET.encode() not in _everything_below(tmp_path)
    query = AuditQuery(files)
    [row] = query.rows(Kind.VALUES, Filters(people=["7"], field="email_from"), limit=9)
    assert (row["source"], row["rule"], "new" in row) == ("pardot/email", "filled", False)
    [row] = query.rows(Kind.VALUES, Filters(people=["7"], field="city"), limit=9)
    assert (row["source"], row["rule"]) == ("pardot/city", None)
    [row] = query.rows(Kind.VALUES, Filters(people=["7"], field="email"), limit=9, values=True)
    assert (row["new"], row["masked"]) == (f"7{SECRET}", False)
    assert len(query.rows(Kind.VALUES, Filters(system="odoo"), limit=3)) == 3
    with pytest.raises(ConfigurationError, match=KEY.id):
        AuditQuery(AuditFiles(str(tmp_path / "audit"), KeyRing())).rows(
            Kind.VALUES, Filters(), limit=1
        )


def test_a_kind_that_the_rules_switch_off_is_not_recorded(files: AuditFiles) -> None:
    log = AuditLog(files, [Kind.CALLS], Clock(), "host:1:abc", mask=str.upper, flush_seconds=0.0)
    _values(log, "x")
    log.odoo_call(OdooCall("crm.lead", "read", "json2", 0.1, None, 200))
    log.close()
    assert [len(files.parts(kind)) for kind in Kind] == [1, 0, 0]


def test_files_are_private_and_none_is_half_there(files: AuditFiles, log: AuditLog) -> None:
    _values(log, "x")
    log.flush()
    root = Path(str(files.base))
    assert root.stat().st_mode & 0o077 == 0
    assert not list(root.rglob(".*"))


def test_a_full_disk_stops_nobody_and_loses_nothing(files: AuditFiles) -> None:
    troubles: list[str | None] = []
    log = _log(files, trouble=troubles.append)
    root = Path(str(files.base))
    root.write_text("a file where the folder should be")
    _values(log, "first")
    log.flush()
    _values(log, "second")
    log.flush()
    assert troubles == ["disk", "disk"]
    root.unlink()
    log.flush()
    assert troubles[2:] == [None]
    found = Filters(field="email")
    rows = AuditQuery(files).rows(Kind.VALUES, found, limit=9, values=True)
    assert sorted(row["new"] for row in rows) == ["mask:5", "mask:6"]
    log.close()


def test_what_waits_is_written_without_being_asked(files: AuditFiles) -> None:
    written = threading.Event()
    log = _log(files, tally=lambda _: written.set(), flush_seconds=0.05)
    log.odoo_call(OdooCall("crm.lead", "read", "json2", 0.1, None, 200))
    assert written.wait(10)
    assert len(AuditQuery(files).rows(Kind.CALLS, Filters(), limit=9)) == 1
    log.close()


def test_threads_lose_nothing(files: AuditFiles) -> None:
    log = _log(files, flush_seconds=0.01)

    def call() -> None:
        for _ in range(500):
            log.odoo_call(OdooCall("crm.lead", "read", "json2", 0.1, None, 200, 1, 2))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    [summary] = AuditQuery(files).summary(Kind.CALLS, Filters())
    assert (summary["calls"], summary["sent"], summary["received"]) == (2_000, 2_000, 4_000)


def test_calls_are_counted_by_day_and_outcome(files: AuditFiles) -> None:
    counted: dict[tuple[str, str, str], int] = {}
    log = _log(files, tally=lambda tally: counted.update({k: v.calls for k, v in tally.items()}))
    for status in (200, 200, 503):
        log.odoo_call(OdooCall("crm.lead", "read", "json2", 0.1, None, status))
    log.flush()
    day = NOW.date().isoformat()
    assert counted == {(day, "odoo", "ok"): 2, (day, "odoo", "failed"): 1}
    log.close()


def _part(files: AuditFiles, day: date, stem: str, people: list[str]) -> None:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    named = {"happened_at": at, "prospect_id": people, "fields": "x", "sources": "y", "rules": "z"}
    table = table_of(Kind.VALUES, named, len(people))
    files.write(Kind.VALUES, day, stem, table)


@pytest.mark.parametrize("keys", [(), (KEY,)], ids=["plain", "encrypted"])
def test_a_past_day_becomes_one_file_and_an_old_one_goes(
    tmp_path: Path, keys: tuple[DataKey, ...]
) -> None:
    files = AuditFiles(str(tmp_path), KeyRing(keys))
    old, past, today = (NOW.date() - timedelta(days=n) for n in (90, 3, 0))
    for day in (old, past, today):
        for number in range(3):
            _part(files, day, f"{number}", [f"{day.day}-{number}"])
    assert files.prune(Kind.VALUES, NOW.date() - timedelta(days=30)) == 3
    assert files.days(Kind.VALUES) == [past, today]
    before = AuditQuery(files).rows(Kind.VALUES, Filters(), limit=99)
    left_behind = [part.path for part in files.parts(Kind.VALUES) if part.day == past][1]
    content = left_behind.read_bytes()
    assert files.pack(Kind.VALUES, NOW.date() - timedelta(days=1)) == 3
    assert [part.day for part in files.parts(Kind.VALUES)] == [past, today, today, today]
    assert AuditQuery(files).rows(Kind.VALUES, Filters(), limit=99) == before
    # A process that was killed between writing the new file and deleting the old ones.
    left_behind.write_bytes(content)
    assert files.pack(Kind.VALUES, NOW.date() - timedelta(days=1)) == 0
    assert AuditQuery(files).rows(Kind.VALUES, Filters(), limit=99) == before
    # Whoever comes late joins them.
    _part(files, past, "late", ["late"])
    assert files.pack(Kind.VALUES, NOW.date() - timedelta(days=1)) == 2
    assert len(AuditQuery(files).rows(Kind.VALUES, Filters(), limit=99)) == len(before) + 1


def test_other_file_systems_hold_it_too(tmp_path: Path) -> None:
    files = AuditFiles("memory://audit-of-a-test", KeyRing((KEY,)))
    log = _log(files)
    _values(log, SECRET)
    log.close()
    [row] = AuditQuery(files).rows(Kind.VALUES, Filters(field="email"), limit=9, values=True)
    assert row["new"] == SECRET
    assert files.prune(Kind.VALUES, NOW.date() + timedelta(days=1)) == 1
    assert AuditQuery(files).rows(Kind.VALUES, Filters(), limit=9) == []
