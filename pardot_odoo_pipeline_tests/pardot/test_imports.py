"""Imports against the sandbox: filled, submitted once and only once, waited for, their errors."""

import pytest

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.pardot.errors import (
    PardotBadRequest,
    PardotConfigurationError,
    PardotImportExpired,
    PardotImportFailed,
    PardotQuotaExceeded,
    PardotTemporarilyUnavailable,
    PardotTruncatedDownload,
)
from pardot_odoo_pipeline.pardot.imports import (
    Import,
    failed_rows,
    open_import,
    submit_file,
    wait_for_import,
)
from pardot_odoo_pipeline_tests.pardot.canned_server import answer, canned

IMPORTS = "/api/v5/imports"
BATCHES = f"{IMPORTS}/*/batches"


@pytest.fixture
def quick(pardot):
    """Imports that are ready at once, unless a test says otherwise."""
    pardot.switch(import_waiting_seconds=0.0, import_base_seconds=0.0)
    return pardot


@pytest.fixture
def people(client, request):
    name = request.node.name.translate(str.maketrans("[]-", "___"))[:40]
    return [
        client.create("prospects", {"email": f"{name}{n}@imports.example.com"}, ("id",))["id"]
        for n in range(3)
    ]


def file(*rows, header="matchId,firstName"):
    return "\n".join([header, *(",".join(map(str, row)) for row in rows), ""]).encode()


def submit(client, *files, **options):
    return submit_file(client, files, lambda: open_import(client, **options))


def names(client, people):
    return [client.get("prospects", person, ("firstName",))["firstName"] for person in people]


def imports_of(client, since):
    page = client.query("imports", ("id", "status"), limit=100)
    return {row["id"]: row["status"] for row in page.rows if row["id"] >= since}


def test_several_batches_take_effect_together(quick, client, people):
    one, two, three = people
    job = submit(client, file((one, "A"), (two, "B")), file((three, "C")))
    done = wait_for_import(client, job)
    assert (done.state, done.updated, done.created, done.failed) == ("complete", 3, 0, 0)
    assert names(client, people) == ["A", "B", "C"]
    assert list(failed_rows(client, done, "matchId")) == []
    asked = [e["method"] for e in quick.requests(IMPORTS)]
    assert asked[:4] == ["POST", "POST", "POST", "PATCH"]


def test_text_of_every_kind_arrives_as_it_is(quick, client, people):
    comments = 'He said "yes",\nthen left; 株式会社 ß'
    data = f'matchId,comments\n{people[0]},"{comments.replace(chr(34), chr(34) * 2)}"\n'.encode()
    wait_for_import(client, submit(client, data))
    assert client.get("prospects", people[0], ("comments",)) == {"comments": comments}


def test_blank_cells_clear_only_where_they_are_meant_to(quick, client, people):
    one = people[0]
    header = "matchId,firstName,lastName,company"
    wait_for_import(client, submit(client, file((one, "A", "B", "C"), header=header)))
    blanks = {"matchId": False, "firstName": True, "lastName": False, "company": True}
    job = submit(client, file((one, "", "", "D"), header=header), blanks_clear=blanks)
    assert wait_for_import(client, job).updated == 1
    row = client.get("prospects", one, ("firstName", "lastName", "company"))
    assert row == {"firstName": None, "lastName": "B", "company": "D"}


def test_unknown_ids_make_nobody_and_the_bin_stays_shut(quick, client, people):
    quick.switch(import_bin_rows="error")
    one, two, _ = people
    client.delete("prospects", two)
    done = wait_for_import(client, submit(client, file((one, "A"), (two, "B"), (999_999_999, "C"))))
    assert (done.updated, done.created, done.failed) == (1, 0, 2)
    reasons = dict(failed_rows(client, done, "matchId"))
    assert set(reasons) == {str(two), "999999999"}
    assert "archived" in reasons[str(two)]
    restored = submit(client, file((two, "B")), restore_deleted=True)
    assert wait_for_import(client, restored).updated == 1
    assert names(client, [two]) == ["B"]


def test_a_failed_import_is_in_doubt(quick, client, people):
    quick.switch(import_fails=True)
    with pytest.raises(PardotImportFailed, match="failed") as caught:
        wait_for_import(client, submit(client, file((people[0], "A"))))
    assert caught.value.in_doubt
    assert caught.value.failure_class is FailureClass.RETRY_LATER


def test_a_cancelled_import_is_in_doubt(pardot, client, people):
    pardot.switch(import_waiting_seconds=3600.0)
    job = submit(client, file((people[0], "A")))
    client.action("imports", "cancel", {}, record_id=job.id)
    with pytest.raises(PardotImportFailed, match="cancel") as caught:
        wait_for_import(client, job)
    assert caught.value.in_doubt
    pardot.advance(hours=2)


def test_waiting_has_an_end(pardot, client, people):
    pardot.switch(import_waiting_seconds=36000.0)
    job = submit(client, file((people[0], "A")))
    begun = client.calls
    with pytest.raises(PardotImportFailed, match="still waiting") as caught:
        wait_for_import(client, job, give_up_after=120)
    assert caught.value.in_doubt
    assert client.calls - begun < 20
    pardot.advance(hours=12)
    assert wait_for_import(client, job).state == "complete"
    assert names(client, people[:1]) == ["A"]


def test_results_are_gone_after_seven_days(quick, client, people):
    done = wait_for_import(client, submit(client, file((people[0], "A"), ("x", "B"))))
    assert done.failed == 1
    quick.advance(days=8)
    with pytest.raises(PardotImportExpired):
        list(failed_rows(client, done, "matchId"))
    with pytest.raises(PardotImportExpired):
        wait_for_import(client, done)


@pytest.mark.parametrize("trouble", [{"reset": True, "after": True}, {"status": 503, "body": "-"}])
def test_an_upload_without_an_answer_goes_into_another_import(quick, client, people, trouble):
    first = submit(client, file((people[1], "Z")))
    wait_for_import(client, first)
    quick.fault(path=BATCHES, method="POST", **trouble)
    done = wait_for_import(client, submit(client, file((people[0], "A"))))
    assert done.updated == 1
    assert names(client, people[:1]) == ["A"]
    assert imports_of(client, first.id + 1) == {first.id + 1: "Open", done.id: "Complete"}


def test_uploads_that_never_work_submit_nothing(quick, client, people):
    quick.fault(times=100, path=BATCHES, method="POST", reset=True, after=True)
    with pytest.raises(PardotTemporarilyUnavailable) as caught:
        submit(client, file((people[0], "A")))
    assert not caught.value.in_doubt
    assert names(client, people[:1]) == [None]
    assert "PATCH" not in {e["method"] for e in quick.requests(IMPORTS)}


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("trouble", [{"reset": True}, {"html": True, "status": 504}])
def test_a_lost_submission_is_looked_up_before_it_is_repeated(
    quick, client, people, arrives, trouble
):
    quick.fault(path=f"{IMPORTS}/*", method="PATCH", after=arrives, **trouble)
    done = wait_for_import(client, submit(client, file((people[0], "A"))))
    assert done.updated == 1
    patches = [e for e in quick.requests(IMPORTS) if e["method"] == "PATCH"]
    assert len(patches) == (1 if arrives else 2)


def test_a_submission_that_cannot_be_looked_up_is_in_doubt(quick, client, people):
    quick.fault(path=f"{IMPORTS}/*", method="PATCH", after=True, reset=True)
    quick.fault(times=50, path=f"{IMPORTS}/*", method="GET", code=122)
    with pytest.raises(PardotQuotaExceeded) as caught:
        submit(client, file((people[0], "A")))
    assert caught.value.in_doubt


def test_a_submission_that_the_account_counts_as_done_is_done(quick, client, people):
    quick.fault(path=f"{IMPORTS}/*", method="PATCH", after=True, code=155)
    assert wait_for_import(client, submit(client, file((people[0], "A")))).updated == 1


def test_a_submission_refused_for_good_is_an_error_and_in_no_doubt(quick, client, people):
    quick.fault(path=f"{IMPORTS}/*", method="PATCH", code=46)
    with pytest.raises(PardotConfigurationError) as caught:
        submit(client, file((people[0], "A")))
    assert caught.value.code == 46
    assert not caught.value.in_doubt


def test_opening_is_repeated_and_the_token_renewed_between_calls(quick, client, people):
    quick.fault(path=IMPORTS, method="POST", reset=True, after=True)
    quick.fault(path=BATCHES, method="POST", code=184)
    quick.fault(path=BATCHES, method="POST", code=66, status=429)
    assert wait_for_import(client, submit(client, file((people[0], "A")))).updated == 1


def test_the_days_limit_of_batches_is_a_pause(quick, client, people):
    quick.switch(import_daily_batches=0)
    with pytest.raises(PardotQuotaExceeded) as caught:
        submit(client, file((people[0], "A")))
    assert caught.value.code == 164
    assert not caught.value.has_quota_evidence


def test_a_column_that_is_no_field_is_refused(quick, client, people):
    with pytest.raises(PardotBadRequest) as caught:
        submit(client, file((people[0], "A"), header="matchId,nonsense"))
    assert caught.value.code == 130


@pytest.mark.parametrize("count", [0, 11])
def test_an_import_holds_one_to_ten_batches(client, count):
    with pytest.raises(PardotBadRequest, match="10"):
        submit(client, *[b"matchId\n"] * count)
    assert client.calls == 0


def test_errors_are_read_again_when_the_download_breaks_off():
    text = b"matchId,firstName,error\n7,,Invalid number\n"
    short = answer(text[:-4], "Content-Type: text/csv", length=len(text))
    whole = answer(text, "Content-Type: text/csv")
    job = Import(5, "complete", failed=1)
    with canned([short, whole]) as client:
        assert list(failed_rows(client, job, "matchId")) == [("7", "Invalid number")]
    with canned([short]) as client, pytest.raises(PardotTruncatedDownload):
        list(failed_rows(client, job, "matchId"))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (b"matchId,why\n7,because\n", [("7", "because")]),
        (b"firstName,why\nA,because\n", [("", "because")]),
        (b"\xef\xbb\xbfmatchId,why\n7,\n", [("7", "")]),
        (b"firstName,MatchID ,why\nA, 7,because\nB,8,so\nA,7,again\n", None),
        (b"Id,firstName,why\n7,A,because\n8,B,so\n7,A,again\n", None),
        (b"", []),
    ],
)
def test_errors_files_of_several_forms(text, rows):
    with canned([answer(text, "Content-Type: text/csv")]) as client:
        found = list(failed_rows(client, Import(5, "complete", failed=1), "matchId"))
    assert found == ([("7", "because"), ("8", "so"), ("7", "again")] if rows is None else rows)


def test_an_import_that_is_gone_has_no_errors_to_read():
    gone = answer(b'{"code":109,"message":"m"}', status="404 Not Found")
    with canned([gone]) as client, pytest.raises(PardotImportExpired):
        list(failed_rows(client, Import(5, "complete", failed=1), "matchId"))
