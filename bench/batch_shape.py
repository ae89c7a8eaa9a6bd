"""What does the shape of a small batch cost: one multi-asset, or seven assets?

Both shapes emit the same recorded frames with the same metadata and checks, through the same IO
manager, on the same kind of instance (SQLite); neither does any work. The difference is what
Dagster spends on steps and events.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import pandas as pd

from bench.harness import alternate, save
from pardot_odoo_pipeline.assets.cards import AssetCard
from pardot_odoo_pipeline.assets.catalog import CARDS
from pardot_odoo_pipeline.io_managers import FrameIOManager
from pardot_odoo_pipeline.partitions import PARTITIONS_NAME, sync_batches

ROUNDS = 15
PEOPLE = 5
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_reached: dict[str, float] = {}


def _frame() -> pd.DataFrame:
    return pd.DataFrame({f"c{n}": [f"value {n}"] * PEOPLE for n in range(25)})


def _events(card: AssetCard, output: str) -> Iterator[dg.Output | dg.AssetCheckResult]:
    _reached[card.name] = time.perf_counter()
    counts = dict.fromkeys(("people", "seconds", "rows_per_second", "calls"), PEOPLE)
    yield dg.Output(_frame(), output_name=output, metadata=counts)
    for check in card.checks:
        yield dg.AssetCheckResult(
            asset_key=card.key, check_name=check.name, passed=True, metadata={"rows": PEOPLE}
        )


def _one_multi_asset() -> list[dg.AssetsDefinition]:
    @dg.multi_asset(
        name="one",
        partitions_def=sync_batches,
        outs={card.name: card.out() for card in CARDS},
        internal_asset_deps={c.name: {dg.AssetKey(n) for n in c.upstream} for c in CARDS},
        check_specs=[spec for card in CARDS for spec in card.check_specs()],
    )
    def one() -> Iterator[dg.Output | dg.AssetCheckResult]:
        for card in CARDS:
            yield from _events(card, card.name)

    return [one]


def _seven_assets() -> list[dg.AssetsDefinition]:
    return [_asset(card) for card in CARDS]


def _asset(card: AssetCard) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"step_{card.name}",
        partitions_def=sync_batches,
        outs={card.name: card.out()},
        ins={name: dg.AssetIn(key=name) for name in card.upstream},
        check_specs=card.check_specs(),
    )
    def step(**frames: pd.DataFrame) -> Iterator[dg.Output | dg.AssetCheckResult]:
        yield from _events(card, card.name)

    return step


def _runner(assets: list[dg.AssetsDefinition], folder: Path, instance: dg.DagsterInstance):
    job = dg.define_asset_job(
        "batch", selection="*", partitions_def=sync_batches, executor_def=dg.in_process_executor
    )
    defs = dg.Definitions(
        assets=assets, jobs=[job], resources={"frames": FrameIOManager(base=str(folder))}
    )
    resolved = defs.resolve_job_def("batch")

    def once(number: int) -> Mapping[str, float]:
        key = f"manual-20260101T000000Z-{number + 1:04d}"
        instance.add_dynamic_partitions(PARTITIONS_NAME, [key])
        begun = time.perf_counter()
        result = resolved.execute_in_process(
            instance=instance, partition_key=key, run_config=_QUIET
        )
        seconds = time.perf_counter() - begun
        assert result.success
        return {
            "seconds_to_load": _reached["odoo_load_results"] - begun,
            "seconds": seconds,
            "events": float(len(instance.all_logs(result.run_id))),
        }

    return once


def run() -> None:
    """Measure both shapes in alternating runs."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DAGSTER_HOME"] = folder
        (Path(folder) / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        with dg.DagsterInstance.get() as instance:
            figures = alternate(
                {
                    "one_multi_asset": _runner(_one_multi_asset(), Path(folder) / "a", instance),
                    "seven_assets": _runner(_seven_assets(), Path(folder) / "b", instance),
                },
                ROUNDS,
            )
    one, seven = figures["one_multi_asset"], figures["seven_assets"]
    ratio = seven["seconds_to_load"]["median"] / one["seconds_to_load"]["median"]
    save(
        "batch_shape",
        {
            "people": PEOPLE,
            "rounds": ROUNDS,
            "figures": figures,
            "seven_assets_over_one": round(ratio, 2),
        },
    )
