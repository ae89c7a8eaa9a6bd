"""Playing many seeds, in several processes, added up over days.

What lives here: dealing seeds out, and the account of what was played at which code. What does not:
arguments (`__main__`), playing (`play`).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline_tests.simulation.history import draw
from pardot_odoo_pipeline_tests.simulation.play import play
from pardot_odoo_pipeline_tests.simulation.site import Templates

__all__ = ["account_of", "code_version", "play_many"]

ROOT = Path(__file__).parents[2]
ACCOUNT = ROOT / "bench" / "results" / "simulation.jsonl"
_CHUNK = 25
_templates: Templates | None = None


def play_many(version: str, seeds: range, jobs: int, say: Callable[[str], None]) -> list[int]:
    """Play these; returns those that failed."""
    failed: list[int] = []
    began = time.monotonic()
    chunks = [seeds[start : start + _CHUNK] for start in range(0, len(seeds), _CHUNK)]
    clean = 0
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin) as pool:
        for chunk, (bad, batches, calls) in zip(chunks, pool.map(_chunk, chunks), strict=True):
            failed += bad
            clean += len(chunk) - len(bad)
            seconds = time.monotonic() - began
            line = {
                "version": version,
                "first": chunk[0],
                "last": chunk[-1],
                "clean": len(chunk) - len(bad),
                "failed": bad,
                "batches": batches,
                "calls": calls,
            }
            ACCOUNT.parent.mkdir(parents=True, exist_ok=True)
            with ACCOUNT.open("a") as file:
                file.write(json.dumps(line) + "\n")
            rate = (clean + len(failed)) / seconds
            say(f"to seed {chunk[-1]}: {clean} clean, {failed or 'none'} failed, {rate:.2f}/s")
    return failed


def _begin() -> None:
    global _templates
    _templates = Templates.make()


def _chunk(seeds: range) -> tuple[list[int], int, int]:
    assert _templates is not None
    bad, batches, calls = [], 0, 0
    for seed in seeds:
        played = play(_templates, draw(seed))
        batches += played.batches
        calls += played.calls
        if played.wrong:
            bad.append(seed)
    return bad, batches, calls


def code_version() -> str:
    """Tells the code that was played: the engine's, the sandboxes' and the simulation's."""
    digest = hashlib.sha256()
    for folder in ("pardot_odoo_pipeline", "pardot_odoo_pipeline_tests/simulation"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".yaml", ".xml"):
                digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def account_of(version: str) -> list[dict[str, Any]]:
    """What was played at this code."""
    if not ACCOUNT.exists():
        return []
    lines = [json.loads(line) for line in ACCOUNT.read_text().splitlines()]
    return [line for line in lines if line["version"] == version]
