"""What a notice says: from an incident to a title and a text that a person understands.

What lives here: the words and their order. What does not: sending them (`channels`), and when
(`notices`).

Of what an incident carries only known keys are shown: words of ours, counts, times, keys of batches
and names of systems. Nothing else of it can get into a notice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pardot_odoo_pipeline.ledger.store.incidents import Incident, IncidentState
from pardot_odoo_pipeline.ledger.store.notices import NoticeKind
from pardot_odoo_pipeline.mapping.alert_rules import Severity
from pardot_odoo_pipeline.wording import moment

__all__ = ["Pages", "Text", "severity_of", "text_of", "title_of"]

_MOST_NAMED = 5
_LONGEST_LINE = 500

# By what a cause begins or ends with: a title, what the pipeline does, what a person should do.
_FAMILIES: Mapping[str, tuple[str, str, str]] = {
    ":down": (
        "{System} does not answer",
        "Nothing is lost: it looks again by itself, no person uses up an attempt, and what waits "
        "goes through in order as soon as {System} answers.",
        "Look whether {System} runs. If this was planned, do nothing.",
    ),
    ":credentials": (
        "{System} refuses our credentials",
        "It stops asking {System}, so that the account is not locked, and goes on as soon as new "
        "credentials work.",
        "Renew the credentials in the environment and start again; docs/configuration.md says "
        "which.",
    ),
    ":rewound": (
        "{System} looks as if it was restored from a backup",
        "It writes nothing to either side until you choose.",
        "Look at `pardot-odoo status`, then decide which side is right.",
    ),
    "pardot:quota": (
        "Pardot's daily limit of calls is used up",
        "It waits until the limit is reset and then goes on; opt-outs and erasures keep a reserve.",
        "Nothing, unless this happens often: then ask for a higher limit.",
    ),
    "pardot:lane:": (
        "One kind of work has no calls of Pardot left",
        "The others go on; this one goes on when its share is there again.",
        "Nothing, unless this happens often: then give it a larger share in the rules file.",
    ),
    "records:suspended": (
        "Records could not be written after six tries",
        "It leaves them alone until you have looked; everybody else goes on.",
        "`pardot-odoo retries` lists them. Mend the cause, then run `pardot-odoo sync --prospect "
        "ID`.",
    ),
    "batch:failed": (
        "A batch failed for good",
        "No cursor moved, so nothing of it is lost; later batches go on.",
        "Mend the cause and run `pardot-odoo sync`: it reads the same people again.",
    ),
    "credentials:age": (
        "Credentials are due for renewal",
        "It goes on with them.",
        "Make new ones and put them into the environment.",
    ),
    "threshold:": (
        "{cause} is not as usual",
        "It goes on. This is over by itself when the figure is back to what is usual.",
        "Look at `pardot-odoo status` and at the plots of batch_outcome in Dagster.",
    ),
    "agreement:": (
        "The two systems do not agree",
        "It goes on, and proposes repairs.",
        "`pardot-odoo reconcile` shows whom it is about.",
    ),
    "disk:full": (
        "The disk of PIPELINE_HOME is full",
        "It stops before anything is written by half, and goes on when there is space.",
        "Free space there.",
    ),
    "dagster:run": (
        "A run of {job} failed",
        "Nothing by itself; its schedule starts the next one.",
        "Open the run in Dagster; its error names cause and fix.",
    ),
    "dagster:stale": (
        "{asset} was not made for too long",
        "It goes on as soon as something runs again.",
        "Look whether Dagster's daemon runs, and at the schedules under Automation.",
    ),
}
_OTHER = ("{cause}", "It goes on.", "Look at `pardot-odoo status`.")

_HEADS = {NoticeKind.REMINDER: "still: ", NoticeKind.RECOVERED: "over: "}


@dataclass(frozen=True, slots=True)
class Text:
    """A notice as people read it."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Pages:
    """Where Dagster's pages are.

    Attributes:
        url: Their address, without a slash at the end.
    """

    url: str

    def run(self, run_id: str) -> str:
        """The page of a run."""
        return f"{self.url}/runs/{run_id}"

    def batch(self, key: str) -> str:
        """The page of a batch: its partition of ``batch_outcome``."""
        return f"{self.url}/assets/batch_outcome?view=partitions&partition={key}"


def severity_of(incident: Incident) -> Severity:
    """How much an incident matters; an error unless it says something else."""
    named = incident.detail.get("severity")
    known = [severity.value for severity in Severity]
    return Severity(named) if named in known else Severity.ERROR


def title_of(incident: Incident) -> str:
    """What is wrong, in one line."""
    return _line(incident.detail.get("title")) or _family(incident)[0]


def text_of(incident: Incident, kind: NoticeKind, *, now: datetime, pages: Pages) -> Text:
    """The notice of one change of an incident.

    Args:
        incident: As it is now, which may be more than the notice tells.
        kind: What it tells.
        now: When it is told.
        pages: Where links lead.
    """
    detail = incident.detail
    _, does, fix = _family(incident)
    does, fix = _line(detail.get("does")) or does, _line(detail.get("fix")) or fix
    # What is said of an outage says already what is done about it.
    says_it = incident.is_outage and bool(_line(detail.get("text"))) and "does" not in detail
    is_over = incident.state is IncidentState.RECOVERED
    what = [_sentence(title_of(incident)), *_paragraph(detail.get("text"))]
    lines: list[str] = []
    if kind is NoticeKind.RECOVERED:
        lines += ["This is over; nothing needs to be done.", "", "It was:"]
    lines += [*what, "", *_facts(incident, now)]
    if kind is not NoticeKind.RECOVERED:
        if is_over:
            lines += ["", "This notice could not be sent earlier: it is over by now."]
        lines += ["", *([] if says_it else [f"What the pipeline does: {_sentence(does)}"])]
        lines += [f"What you should do: {_sentence(fix)}"]
    lines += ["", *_looks(incident), *_links(detail, pages)]
    head = _HEADS.get(kind, "")
    return Text(f"Pardot-Odoo: {head}{title_of(incident)}", "\n".join(lines).rstrip() + "\n")


def _facts(incident: Incident, now: datetime) -> list[str]:
    detail = incident.detail
    until = incident.recovered_at
    lasted = _lasted((until or now) - incident.first_at)
    since = f"Since: {moment(incident.first_at)}"
    facts = [f"{since}, until {moment(until)} ({lasted})" if until else f"{since} ({lasted})"]
    people, batches = _count(detail.get("people")), _batches(detail)
    if people is not None:
        facts.append(f"People concerned: {people:,}")
    if batches:
        rest = len(batches) - _MOST_NAMED
        more = f" and {rest} more" if rest > 0 else ""
        facts.append(f"Batches concerned: {', '.join(batches[:_MOST_NAMED])}{more}")
    if isinstance(detail.get("until"), str) and until is None:
        facts.append(f"Expected to last until: {_time(detail['until'])}")
    code = "" if incident.code is None else f", code {incident.code}"
    facts.append(f"Cause: {incident.cause_key}{code}, reported {_times(incident.times)}")
    return facts


def _looks(incident: Incident) -> list[str]:
    """The commands that tell more."""
    looks = ["pardot-odoo status", "pardot-odoo alerts"]
    if incident.cause_key.startswith("records:"):
        looks += ["pardot-odoo retries"]
    if _prospects(incident.detail):
        looks += [f"pardot-odoo explain {_prospects(incident.detail)[0]}"]
    return ["To look: " + ", ".join(f"`{look}`" for look in looks)]


def _links(detail: Mapping[str, Any], pages: Pages) -> list[str]:
    links = []
    if isinstance(detail.get("run"), str) and detail["run"]:
        links.append(f"Run: {pages.run(detail['run'])}")
    batches = _batches(detail)
    if batches:
        links.append(f"Batch: {pages.batch(batches[0])}")
    return links


def _family(incident: Incident) -> tuple[str, str, str]:
    cause = incident.cause_key
    found = next(
        (
            words
            for mark, words in _FAMILIES.items()
            if cause.startswith(mark) or (mark.startswith(":") and cause.endswith(mark))
        ),
        _OTHER,
    )
    last = cause.rpartition(":")[2]
    system = _line(incident.detail.get("system")) or cause.partition(":")[0]
    names = {"cause": cause, "System": system.capitalize(), "job": last, "asset": last}
    title, does, fix = (text.format(**names) for text in found)
    return title, does, fix


def _line(value: Any) -> str:
    """A text of ours on one line; nothing for anything that is no text."""
    return " ".join(value.split())[:_LONGEST_LINE] if isinstance(value, str) else ""


def _paragraph(value: Any) -> list[str]:
    return [_sentence(_line(value))] if _line(value) else []


def _sentence(line: str) -> str:
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _names(value: Any) -> Sequence[str]:
    """Keys of batches: one, or several."""
    if isinstance(value, str):
        return [value] if value else []
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _batches(detail: Mapping[str, Any]) -> Sequence[str]:
    return _names(detail.get("batches")) or _names(detail.get("batch"))


def _prospects(detail: Mapping[str, Any]) -> Sequence[str]:
    return [name for name in _names(detail.get("prospects")) if name.isdecimal()]


def _time(text: str) -> str:
    try:
        return moment(datetime.fromisoformat(text))
    except ValueError:
        return "unknown"


def _times(times: int) -> str:
    return "once" if times == 1 else f"{times:,} times"


def _lasted(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours < 48 else f"{hours // 24} days"
