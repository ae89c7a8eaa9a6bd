"""A spool holds everybody once, in buckets that are disjoint, bounded and keep addresses whole."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.mapping.emails import email_key
from pardot_odoo_pipeline.spool import PART_ROWS, Manifest, Spool, _sized

Person = tuple[str, str | None]

_FILL = """
import sys
from pathlib import Path
import pyarrow as pa
from pardot_odoo_pipeline.spool import Spool
table = pa.table({"id": [str(n) for n in range(50_000)],
                  "email": [f"{n * 7919 % 99991}@example.com" for n in range(50_000)]})
try:
    Spool(Path(sys.argv[1]), "one").fill([table], people_per_bucket=20_000, read_at="", calls=int)
except Exception as failure:
    print(type(failure).__name__, failure.code, failure)
"""


def table(people: Sequence[Person]) -> pa.Table:
    return pa.table(
        {
            "id": pa.array([person[0] for person in people], pa.string()),
            "email": pa.array([person[1] for person in people], pa.string()),
        }
    )


def fill(spool: Spool, *chunks: Sequence[Person], most: int) -> Manifest:
    return spool.fill(
        [table(chunk) for chunk in chunks],
        people_per_bucket=most,
        read_at="2026-01-01T00:00:00+00:00",
        calls=lambda: 3,
    )


addresses = st.one_of(
    st.none(),
    st.just(""),
    st.integers(0, 40).map(lambda n: f"person{n}@example.com"),
    st.integers(0, 40).map(lambda n: f" Person{n}@Example.COM "),
    st.just("not an address"),
)


@given(emails=st.lists(addresses, max_size=150), spare=st.integers(0, 30), cut=st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_buckets_are_disjoint_complete_bounded_and_keep_addresses_whole(
    emails: list[str | None], spare: int, cut: int
) -> None:
    people = [(str(number), email) for number, email in enumerate(emails)]
    holders: defaultdict[str, int] = defaultdict(int)
    for number, email in people:
        holders[email_key(email) or number] += 1
    most = max(holders.values(), default=1) + spare
    with TemporaryDirectory() as root:
        spool = Spool(Path(root), "one")
        manifest = fill(
            spool, *(people[at : at + cut] for at in range(0, len(people), cut)), most=most
        )
        read: list[Person] = []
        places: defaultdict[str, set[int]] = defaultdict(set)
        for number, count in enumerate(manifest.buckets):
            if not count:
                continue
            rows = spool.bucket(number).to_pylist()
            assert len(rows) == count <= most
            for row in rows:
                read.append((row["id"], row["email"]))
                places[email_key(row["email"]) or row["id"]].add(number)
        assert sorted(read, key=lambda one: int(one[0])) == people
        assert manifest.people == len(people)
        assert all(len(found) == 1 for found in places.values())
        assert list(Path(root, "one").glob("part-*")) == []


def test_small_batches_hold_their_bound_however_uneven_the_hash(tmp_path: Path) -> None:
    people = [(str(n), f"{n}@example.com") for n in range(2000)]
    manifest = fill(Spool(tmp_path, "one"), people, most=20)
    assert max(manifest.buckets) <= 20
    assert sum(manifest.buckets) == 2000


def test_one_address_of_more_people_than_a_batch_may_hold(tmp_path: Path) -> None:
    people = [(str(n), "info@example.com") for n in range(12)]
    with pytest.raises(PipelineError) as refusal:
        fill(Spool(tmp_path, "one"), people, most=10)
    assert "batch_size" in refusal.value.fix
    assert "info@example.com" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_nobody_is_a_spool_too(tmp_path: Path) -> None:
    manifest = fill(Spool(tmp_path, "one"), most=10)
    assert (manifest.people, sum(manifest.buckets)) == (0, 0)


def test_a_spool_without_its_end_does_not_count(tmp_path: Path) -> None:
    def breaking() -> object:
        yield table([("1", "a@example.com")])
        raise PipelineError("the export broke off", fix="again")

    spool = Spool(tmp_path, "one")
    with pytest.raises(PipelineError, match="broke off"):
        spool.fill(breaking(), people_per_bucket=5, read_at="", calls=int)  # type: ignore[arg-type]
    assert not (tmp_path / "one").exists()
    with pytest.raises(PipelineError) as refusal:
        spool.bucket(0)
    assert refusal.value.code == "spool_missing"


def test_what_was_filled_is_read_by_another_process_later(tmp_path: Path) -> None:
    filled = fill(Spool(tmp_path, "one"), [("1", "a@example.com")], most=5)
    assert Spool(tmp_path, "one").manifest() == filled
    assert (tmp_path / "one").stat().st_mode & 0o077 == 0


def test_a_full_disk_leaves_no_spool(tmp_path: Path) -> None:
    limit = 60_000
    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(tmp_path)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("PipelineError spool_not_stored"), done.stdout + done.stderr
    assert "Free space" in done.stdout
    assert list(tmp_path.iterdir()) == []


@given(sizes=st.lists(st.integers(0, 30), max_size=40), rows=st.integers(1, 50))
def test_regrouping_keeps_every_row_in_order(sizes: list[int], rows: int) -> None:
    chunks, at = [], 0
    for size in sizes:
        chunks.append(table([(str(at + n), None) for n in range(size)]))
        at += size
    regrouped = list(_sized(chunks, rows))
    assert [one for part in regrouped for one in part["id"].to_pylist()] == [
        str(number) for number in range(at)
    ]
    assert all(part.num_rows >= rows for part in regrouped[:-1])
    assert all(part.num_rows < rows + max(sizes) for part in regrouped)
    assert PART_ROWS > 1000
