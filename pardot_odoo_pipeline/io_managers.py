"""Frames on disk: one Parquet file per asset and partition.

What lives here: the IO manager and the path rule of frames. What does not: their retention
(`upkeep`) or their schemas (`schemas`).

A frame holds personal data, so its folder is private, its life is short, and it is written under a
temporary name and renamed: a reader sees a whole frame or none. A shared DuckDB file is no
alternative: DuckDB admits one writing process, and runs are several.
"""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

import dagster as dg
import pandas as pd
from upath import UPath

from pardot_odoo_pipeline.errors import FailureClass, PipelineError

__all__ = ["FrameIOManager", "frame_path", "not_stored"]


_not_stored: dict[str, PipelineError] = {}


def not_stored(partition_key: str) -> PipelineError | None:
    """Why a frame of a batch could not be stored, told once.

    Dagster stores a frame outside of the asset that made it, and merely closes that when it cannot:
    the batch would not learn why it ended.
    """
    return _not_stored.pop(partition_key, None)


def frame_path(base: str, asset_key: dg.AssetKey, partition_key: str) -> UPath:
    """Where the frame of an asset and a batch lies below ``base`` (a path or a URL)."""
    return UPath(base).joinpath(*asset_key.path, f"{partition_key}.parquet")


class FrameIOManager(dg.ConfigurableIOManager):
    """Stores pandas frames as Parquet below a local folder or an object store."""

    base: str

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Write the frame under a temporary name, then give it its own."""
        path = frame_path(self.base, context.asset_key, context.partition_key)
        try:
            _write(path, obj)
        except PipelineError as failure:
            _not_stored[context.partition_key] = failure
            raise
        context.add_output_metadata({"path": dg.MetadataValue.path(str(path))})

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """Read the frame of the same batch.

        Raises:
            PipelineError: The frame is gone: frames are kept for a few days only.
        """
        path = frame_path(self.base, context.asset_key, context.partition_key)
        if not path.exists():
            raise PipelineError(
                f"The frame of {context.asset_key.to_user_string()} for batch "
                f"{context.partition_key} is no longer stored",
                fix="Materialize the whole batch again; it reads today's values",
            )
        with path.open("rb") as file:
            return pd.read_parquet(file)


def _write(path: UPath, frame: pd.DataFrame) -> None:
    local = path.protocol in ("", "file", "local")
    path.parent.mkdir(parents=True, exist_ok=True, **({"mode": 0o700} if local else {}))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("wb") as file:
            frame.to_parquet(file, index=False)
        if local:
            Path(str(temporary)).replace(str(path))
        else:
            temporary.rename(path)
    except OSError as failure:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise PipelineError(
            f"A frame could not be stored at {path.parent}: {failure.strerror or 'I/O error'}",
            fix="Free space there (or set FRAMES_URL) and run the batch again; nothing is lost",
            code="frame_not_stored",
            failure_class=FailureClass.RETRY_LATER,
        ) from None
