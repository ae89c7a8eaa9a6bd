"""Frames on disk: whole or absent, private, and gone with a clear word."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.io_managers import FrameIOManager, frame_path

KEY = dg.AssetKey("sync_plan")
FRAME = pd.DataFrame(
    {
        "prospect_id": pd.array(["1", "2"], dtype="string"),
        "lead_id": pd.array([7, None], dtype="Int64"),
        "at": pd.to_datetime(["2026-01-01T00:00:00Z", None]),
        "is_deleted": pd.array([True, None], dtype="boolean"),
    }
)

_STORE = """
import sys
import dagster as dg, pandas as pd
from pardot_odoo_pipeline.io_managers import FrameIOManager
rows = int(sys.argv[2])
frame = pd.DataFrame({"value": [f"{n * 7919 % 999983}" for n in range(rows)]})
context = dg.build_output_context(asset_key=dg.AssetKey("sync_plan"), partition_key="a-1")
try:
    FrameIOManager(base=sys.argv[1]).handle_output(context, frame)
    print("stored")
except Exception as failure:
    print(type(failure).__name__, failure.code, failure)
"""


def store(base: Path, frame: pd.DataFrame = FRAME, partition: str = "a-1") -> None:
    context = dg.build_output_context(asset_key=KEY, partition_key=partition)
    FrameIOManager(base=str(base)).handle_output(context, frame)


def load(base: Path, partition: str = "a-1") -> pd.DataFrame:
    context = dg.build_input_context(asset_key=KEY, partition_key=partition)
    return FrameIOManager(base=str(base)).load_input(context)


def test_a_frame_comes_back_as_it_was(tmp_path: Path) -> None:
    store(tmp_path)
    pd.testing.assert_frame_equal(load(tmp_path), FRAME, check_dtype=False)
    assert load(tmp_path)["lead_id"].dtype == "Int64"


def test_every_batch_has_its_own_frame_and_a_replay_takes_its_place(tmp_path: Path) -> None:
    store(tmp_path)
    store(tmp_path, FRAME.head(1), "a-2")
    store(tmp_path, FRAME.head(1))
    assert (len(load(tmp_path)), len(load(tmp_path, "a-2"))) == (1, 1)
    names = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert names == ["a-1.parquet", "a-2.parquet"]


def test_frames_are_private(tmp_path: Path) -> None:
    base = tmp_path / "frames"
    store(base)
    assert frame_path(str(base), KEY, "a-1").parent.stat().st_mode & 0o077 == 0


def test_a_frame_that_is_gone_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as refusal:
        load(tmp_path)
    assert "no longer stored" in refusal.value.cause
    assert "whole batch" in refusal.value.fix


def test_a_full_disk_leaves_the_former_frame_and_no_half_of_the_new(tmp_path: Path) -> None:
    def child(rows: int, limit: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", _STORE, str(tmp_path), str(rows)],
            capture_output=True,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
            timeout=60,
            check=False,
        ).stdout

    assert child(100, 20_000).strip() == "stored"
    told = child(200_000, 20_000)
    assert told.startswith("PipelineError frame_not_stored"), told
    assert "Free space" in told
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a-1.parquet"]
    assert len(load(tmp_path)) == 100
