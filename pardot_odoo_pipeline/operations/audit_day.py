"""One day of the audit in figures.

What lives here: adding up. What does not: the queries (`audit_query`) and where the figures are
shown (`assets.audit`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pardot_odoo_pipeline.operations.audit_files import AuditFiles, Kind
from pardot_odoo_pipeline.operations.audit_query import AuditQuery, Filters

__all__ = ["AuditDay", "audit_day"]

_MOST_FIELDS = 30


@dataclass(frozen=True)
class AuditDay:
    """What was done on one day, UTC. Names of systems and fields, and counts; nobody's values.

    Attributes:
        day: Which.
        figures: Counts, seconds and shares, by name; the same names every day.
        fields: System, model and field to how many values were written, the most first.
    """

    day: date
    figures: dict[str, int | float] = field(default_factory=dict)
    fields: dict[str, int] = field(default_factory=dict)


def audit_day(files: AuditFiles, day: date) -> AuditDay:
    """Add one day up.

    Raises:
        ConfigurationError: The data key of its values is missing.
        PipelineError: A file is damaged.
    """
    since = datetime.combine(day, time(), UTC)
    within = Filters(since=since, until=since + timedelta(days=1))
    query = AuditQuery(files)
    calls = query.summary(Kind.CALLS, within)
    values = query.summary(Kind.VALUES, within)
    transfers = query.summary(Kind.TRANSFERS, within)
    figures: dict[str, int | float] = {}
    for system in ("pardot", "odoo", "salesforce"):
        some = [row for row in calls if row["system"] == system]
        number, failed = (sum(row[name] for row in some) for name in ("calls", "failed"))
        figures |= {
            f"{system}_calls": number,
            f"{system}_calls_failed": failed,
            f"{system}_error_rate": round(failed / number, 4) if number else 0.0,
            f"{system}_bytes": sum(row["sent"] + row["received"] for row in some),
            f"{system}_slowest_p95_seconds": max((row["p95"] for row in some), default=0.0),
        }
    written: Counter[str] = Counter()
    normalized = 0
    for row in values:
        if row["system"] == "pipeline":
            normalized += row["values"]
        else:
            written[f"{row['system']}/{row['model']} {row['field']}"] += row["values"]
    sent = [row for row in transfers if row["system"] != "pipeline"]
    figures |= {
        "values_written": sum(written.values()),
        "values_normalized": normalized,
        "records_read": sum(row["transfers"] for row in transfers) - _total(sent),
        "records_sent_to_odoo": _total(row for row in sent if row["system"] == "odoo"),
        "records_sent_to_pardot": _total(row for row in sent if row["system"] == "pardot"),
        "records_in_doubt": _total(row for row in sent if row["outcome"] == "in_doubt"),
    }
    return AuditDay(day, figures, dict(written.most_common(_MOST_FIELDS)))


def _total(rows: Iterable[Mapping[str, Any]]) -> int:
    return sum(int(row["transfers"]) for row in rows)
