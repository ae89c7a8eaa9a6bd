"""Exports against the sandbox: made, waited for, downloaded; all people, each once."""

from datetime import timedelta

import pytest

from pardot_odoo_pipeline.pardot.errors import (
    PardotBadRequest,
    PardotExportExpired,
    PardotExportFailed,
    PardotExportTimedOut,
    PardotTemporarilyUnavailable,
)
from pardot_odoo_pipeline.pardot.export_jobs import create_export, download, wait
from pardot_odoo_pipeline.pardot.exports import export_prospects, export_windows, oldest_prospect
from pardot_odoo_pipeline.pardot.paging import iter_pages

FIELDS = ("id", "email", "company", "comments", "campaign.name", "isDeleted", "createdAt")
EXPORTS = "/api/v5/exports"


@pytest.fixture
def quick(pardot):
    """Exports that are ready at once, unless a test says otherwise."""
    pardot.switch(export_waiting_seconds=0.0, export_base_seconds=0.0)
    return pardot


def make(client, **arguments):
    arguments = {"createdAfter": client.clock.now() - timedelta(days=300), **arguments}
    return create_export(client, "Prospect", FIELDS, "filter_by_created_at", arguments)


def by_query(client):
    pages = iter_pages(
        client, "prospects", FIELDS, filters={"deleted": "all"}, order_by="id", limit=1000
    )
    return {str(row["id"]): row for rows in pages for row in rows}


def export_all(client, **options):
    since = oldest_prospect(client)
    until = client.clock.now() + timedelta(seconds=1)
    return [
        row
        for batch in export_prospects(client, FIELDS, since, until, **options)
        for row in batch.to_pylist()
    ]


@pytest.mark.parametrize("bounds", ["inclusive", "exclusive"])
@pytest.mark.parametrize("by", ["created", "updated"])
def test_all_people_come_once_whichever_way_bounds_are_read(quick, client, bounds, by):
    quick.switch(export_bounds=bounds)
    expected = by_query(client)
    got = export_all(client, by=by)
    assert len(got) == len(expected) > 500
    for row in got:
        same = expected[row["id"]]
        assert row["email"] == (same["email"] or None)
        assert row["company"] == (same["company"] or None)
        assert row["campaign.name"] == ((same["campaign"] or {}).get("name") or None)


def test_a_result_of_several_files_is_read_whole(quick, client):
    quick.switch(export_minimum_file_bytes=1000)
    since = {"createdAfter": client.clock.now() - timedelta(days=360)}
    one = wait(client, create_export(client, "Prospect", FIELDS, "filter_by_created_at", since))
    many = wait(
        client,
        create_export(
            client, "Prospect", FIELDS, "filter_by_created_at", since, max_file_bytes=5000
        ),
    )
    assert len(one.result_paths) == 1
    assert len(many.result_paths) > 3
    rows = [
        sorted(str(row) for batch in download(client, export) for row in batch.to_pylist())
        for export in (one, many)
    ]
    assert rows[0] == rows[1]


def test_text_with_quotes_and_line_ends_comes_through(quick, client):
    comments = 'He said "yes",\nthen left; 株式会社'
    made = client.create("prospects", {"email": "text@example.com", "comments": comments}, ("id",))
    (row,) = [row for row in export_all(client) if row["id"] == str(made["id"])]
    assert row["comments"] == comments


def test_calls_are_few(quick, client):
    export_all(client)
    windows = len([e for e in quick.requests(EXPORTS) if e["method"] == "POST"])
    assert windows > 1
    assert client.calls <= 1 + 4 * windows


def test_waiting_asks_less_and_less_often(pardot, client):
    pardot.switch(export_waiting_seconds=3600.0)
    pauses = []

    class Watching(type(client.clock)):
        def sleep(self, seconds):
            pauses.append(seconds)

    client.clock = Watching(f"{pardot.facts['control_url']}/clock")
    export = make(client)
    with pytest.raises(PardotExportTimedOut, match="still waiting"):
        wait(client, export, give_up_after=120)
    assert pauses[0] == 1
    assert pauses == sorted(pauses)
    assert max(pauses) == 30
    assert len(pauses) == len([e for e in pardot.requests(EXPORTS) if e["method"] == "GET"])
    pardot.advance(hours=2)
    assert wait(client, export).state == "complete"


def test_a_failed_export_is_an_error(quick, client):
    quick.switch(export_fails=True)
    with pytest.raises(PardotExportFailed):
        wait(client, make(client))


@pytest.mark.parametrize("how", ["given_up", "expired", "gone_in_mid_reading"])
def test_a_window_whose_export_fails_is_asked_for_in_halves(quick, client, how):
    faults = {
        "given_up": {"path": f"{EXPORTS}/*", "body": {"id": 1, "status": "Failed"}},
        "expired": {
            "path": f"{EXPORTS}/*",
            "body": {"id": 1, "status": "Complete", "isExpired": True, "resultRefs": []},
        },
        "gone_in_mid_reading": {"path": f"{EXPORTS}/*/results/*"},
    }
    quick.switch(export_base_seconds=0.5)  # it is looked at once before its files are read
    expected = set(by_query(client))
    answer = {"status": 404, "code": 109} if how == "gone_in_mid_reading" else {"status": 200}
    quick.fault(**answer, **faults[how])
    got = [row["id"] for row in export_all(client)]
    assert len(got) == len(set(got))
    assert set(got) == expected
    made = [e for e in quick.requests(EXPORTS) if e["method"] == "POST"]
    assert len(made) > len(export_windows(oldest_prospect(client), client.clock.now())) + 1


def test_an_export_that_never_works_has_an_end(quick, client):
    quick.switch(export_fails=True)
    with pytest.raises(PardotExportFailed):
        export_all(client)
    assert len([e for e in quick.requests(EXPORTS) if e["method"] == "POST"]) < 40


def test_an_export_must_be_complete_to_be_downloaded(pardot, client):
    pardot.switch(export_waiting_seconds=3600.0)
    with pytest.raises(PardotBadRequest):
        next(download(client, make(client)))
    pardot.advance(hours=2)


def test_files_are_gone_after_seven_days(quick, client):
    finished = wait(client, make(client))
    assert finished.result_paths
    quick.advance(days=8)
    with pytest.raises(PardotExportExpired):
        list(download(client, finished))


def test_an_export_without_rows_has_none(quick, client):
    quick.advance(days=1)
    lately = client.clock.now() - timedelta(minutes=1)
    finished = wait(client, make(client, createdAfter=lately))
    assert list(download(client, finished)) == []


def test_troubles_on_the_way_are_sat_out(quick, client):
    quick.fault(path=EXPORTS, method="POST", reset=True, after=True)
    quick.fault(path=EXPORTS, method="GET", status=503, body="down")
    finished = wait(client, make(client))
    quick.fault(path=EXPORTS, status=504, html=True)
    assert sum(batch.num_rows for batch in download(client, finished)) > 0


def test_an_access_token_may_expire_between_poll_and_download(quick, client):
    finished = wait(client, make(client))
    quick.advance(hours=3)
    assert sum(batch.num_rows for batch in download(client, finished)) > 0


def test_an_open_download_holds_one_slot_and_gives_it_back(quick, monkeypatch):
    monkeypatch.setattr("pardot_odoo_pipeline.pardot.gate.PATIENCE", 0.05)
    with quick.client(max_in_flight=1) as client:
        rows = download(client, wait(client, make(client)))
        next(rows)
        with pytest.raises(PardotTemporarilyUnavailable, match="slots"):
            client.account()
        rows.close()
        assert client.account()


def test_more_fields_than_an_export_takes_are_refused_without_a_call(client):
    with pytest.raises(PardotBadRequest, match="150"):
        create_export(client, "Prospect", [f"f{n}" for n in range(151)], "filter_by_created_at", {})
    assert client.calls == 0


def test_result_addresses_of_another_host_are_read_from_our_own(quick, client):
    finished = wait(client, make(client))
    assert (
        client.path_of(f"https://evil.example{finished.result_paths[0]}")
        == (finished.result_paths[0])
    )
