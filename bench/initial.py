"""An initial sync of 100,000 prospects from one sandbox into the other, as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.harness import PeakMemory, save

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "100000"))
SEED = 7


def _descendants(pid: int) -> dict[str, int]:
    """This process and what it started, by what they are."""
    found = {"pardot-odoo": pid}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        for word in words:
            text = word.decode(errors="replace")
            if text.startswith("pardot_odoo_pipeline.sandbox.") and _belongs(parent, pid):
                found[text.removeprefix("pardot_odoo_pipeline.")] = int(entry.name)
    return found


def _belongs(parent: int, ancestor: int) -> bool:
    while parent > 1:
        if parent == ancestor:
            return True
        try:
            parent = int(Path(f"/proc/{parent}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            return False
    return False


def run() -> None:
    """Run it once and write down calls, seconds and the peak memory of each process."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["up", "--once", "--prospects", str(PEOPLE), "--seed", str(SEED), "--json"]
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "pardot_odoo_pipeline.cli.main", *arguments],
            env={**os.environ, "PIPELINE_HOME": folder},
            stdout=subprocess.PIPE,
            text=True,
        )
        memory = PeakMemory()
        while process.poll() is None:
            memory.sample(_descendants(process.pid))
            time.sleep(0.5)  # the pace of the samples
        assert process.stdout is not None
        report = json.loads(process.stdout.read().strip().splitlines()[-1])
        size = sum(f.stat().st_size for f in Path(folder).glob("ledger.sqlite*")) / 2**20
    report.pop("batches")
    report.pop("dagster_run_ids")
    save(
        "initial",
        {
            "people": PEOPLE,
            "seconds_with_population": round(time.perf_counter() - started, 1),
            "people_per_second": round(PEOPLE / report["seconds"], 1),
            "peak_memory_mib": memory.peaks,
            "ledger_mib": round(size, 1),
            "report": report,
        },
    )
