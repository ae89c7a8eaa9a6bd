"""What the audit costs: the same initial sync without it, with masked values, with encrypted ones.

Round after round, the three after each other over worlds of their own. Told is the processor time
of the command beside its duration: what else the machine does weighs on the second alone.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.harness import save
from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.operations.data_keys import new_key
from pardot_odoo_pipeline.settings import Home

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "5000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SEED = 7
_PEOPLE_ONLY = "activities: {active: false}\nlists: {active: false}\n"
_OFF = "audit: {calls: false, values: false, transfers: false}\n"
_WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "off": (_OFF, {}),
    "masked": ("", {}),
    "encrypted": ("", {"DATA_KEYS": new_key()}),
}


def _command(environment: dict[str, str], *arguments: str) -> dict[str, float]:
    """Run a command; its processor time and its duration."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "pardot_odoo_pipeline.cli.main", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments} ended with {status}")
    return {
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "seconds": round(time.perf_counter() - begun, 2),
    }


def _once(way: str) -> dict[str, Any]:
    rules, extra = _WAYS[way]
    with tempfile.TemporaryDirectory(prefix="bench-audit-") as name:
        home = Home(Path(name)).create()
        (home.path / "rules.yaml").write_text(_PEOPLE_ONLY + rules)
        with running_sandbox(home, ("pardot", "odoo"), prospects=PEOPLE, seed=SEED):
            environment = {
                **os.environ,
                "PIPELINE_HOME": name,
                "PIPELINE_CONFIG": str(home.path / "rules.yaml"),
                **extra,
            }
            _command(environment, "provision")
            used = _command(environment, "sync", "--initial")
        files = list(home.audit.rglob("*.parquet")) if home.audit.exists() else []
        found = {
            **used,
            "files": len(files),
            "bytes": sum(path.stat().st_size for path in files),
        }
        print(f"{way}: {found}", flush=True)
        return found


def run() -> None:
    rounds = [{way: _once(way) for way in _WAYS} for _ in range(ROUNDS)]
    ratios = {
        way: {
            name: round(statistics.median(one[way][name] / one["off"][name] for one in rounds), 3)
            for name in ("cpu_seconds", "seconds")
        }
        for way in _WAYS
        if way != "off"
    }
    result = {"people": PEOPLE, "rounds": rounds, "median_ratio_to_off": ratios}
    print(json.dumps(result, indent=1))
    save("audit", result, {"BENCH_PEOPLE": str(PEOPLE), "BENCH_ROUNDS": str(ROUNDS)})


if __name__ == "__main__":
    run()
