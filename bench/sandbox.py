"""How fast the two sandbox servers are: they must never be the bottleneck of a measurement.

Real sockets, real servers in their own processes, the project's clients on this side. Each figure
comes with the CPU seconds that the server spent, since a busy machine shows in wall time alone.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bench.harness import alternate, save
from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.mapping.fields import STANDARD_COLUMNS
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.connection import OdooConnection
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.connection import PardotConnection
from pardot_odoo_pipeline.pardot.exports import create_export, download, wait
from pardot_odoo_pipeline.pardot.paging import iter_pages
from pardot_odoo_pipeline.settings import Home

PEOPLE = 20_000
ROUNDS = 3
FIELDS = [*STANDARD_COLUMNS, "department", "employees", "annualRevenue", "optedOut", "territory"]
_LAST_YEAR = {
    "updatedAfter": datetime(2025, 6, 3, tzinfo=UTC),
    "updatedBefore": datetime(2026, 6, 2, tzinfo=UTC),
    "deleted": "all",
}
_TICK = os.sysconf("SC_CLK_TCK")


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _rates(pid: int, work: Callable[[], int]) -> dict[str, float]:
    cpu, begun = _cpu(pid), time.perf_counter()
    rows = work()
    wall, spent = time.perf_counter() - begun, max(_cpu(pid) - cpu, 0.01)
    return {"rows_per_second": rows / wall, "rows_per_server_cpu_second": rows / spent}


def _pardot(state: dict[str, Any]) -> dict[str, Callable[[int], dict[str, float]]]:
    secrets = state["credentials"]
    client = PardotClient(
        PardotConnection(
            api_url=state["url"],
            token_url=state["token_url"],
            client_id=secrets["client_id"],
            client_secret=SecretStr(secrets["client_secret"]),
            refresh_token=None,
            business_unit_id=secrets["business_unit_id"],
        )
    )

    def query() -> int:
        return sum(map(len, iter_pages(client, "prospects", FIELDS, filters={"deleted": "all"})))

    def export(number: int) -> dict[str, float]:
        # Making it is delayed on purpose, as Pardot's is; the download is what is timed.
        made = create_export(client, "Prospect", FIELDS, "filter_by_updated_at", _LAST_YEAR)
        finished = wait(client, made, first=0.5)
        return _rates(pid, lambda: sum(batch.num_rows for batch in download(client, finished)))

    pid = state["pid"]
    return {"pardot_query": lambda number: _rates(pid, query), "pardot_export_download": export}


def _odoo(state: dict[str, Any]) -> dict[str, Callable[[int], dict[str, float]]]:
    secrets = state["credentials"]
    client = OdooClient(
        OdooConnection(
            url=state["url"],
            database=secrets["database"],
            username=secrets["username"],
            api_key=SecretStr(secrets["api_key"]),
            password=None,
        )
    )
    context = {"tracking_disable": True}
    fields = ["name", "contact_name", "partner_name", "email_from", "email_normalized", "phone"]
    fields += ["function", "website", "street", "street2", "city", "zip", "country_id", "state_id"]
    fields += ["type", "stage_id", "user_id", "description", "write_date", "active"]

    def create(number: int) -> dict[str, float]:
        def work() -> int:
            for call in range(10):
                client.create(
                    "crm.lead", [_lead(number, call, n) for n in range(500)], context=context
                )
            return 5000

        return _rates(pid, work)

    def read() -> int:
        return len(client.search_read("crm.lead", [], fields, limit=5000))

    pid = state["pid"]
    return {"odoo_create": create, "odoo_search_read": lambda number: _rates(pid, read)}


def _lead(number: int, call: int, n: int) -> dict[str, Any]:
    return {
        "name": f"Lead {number} {call} {n}",
        "type": "lead",
        "user_id": False,
        "contact_name": "Ada Byron",
        "partner_name": "Analytical Engines Ltd",
        "email_from": f"ada.{number}.{call}.{n}@engines.example",
        "phone": "+442079460000",
        "function": "Analyst",
        "website": "https://engines.example",
        "street": "1 Mill Lane",
        "city": "London",
        "zip": "E1 6AN",
        "country_id": 1,
        "description": "<p>Asked for a demonstration.</p>",
    }


def run() -> None:
    """Measure both servers."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).create()
        with running_sandbox(home, ("pardot", "odoo"), prospects=PEOPLE, seed=7) as states:
            figures = alternate({**_pardot(states["pardot"]), **_odoo(states["odoo"])}, ROUNDS)
    save("sandbox", {"people": PEOPLE, "fields": len(FIELDS), "figures": figures})
