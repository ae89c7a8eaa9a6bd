"""`pardot-odoo up`: everything, from one command.

What lives here: the order in which things are started, and their end. What does not: any of them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence

import click
import requests

from pardot_odoo_pipeline.cli.console import emit_json, say
from pardot_odoo_pipeline.cli.processes import Child, Supervised, free_port, is_free
from pardot_odoo_pipeline.cli.real_time import receiver, warm_worker
from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.cli.sync import SyncReport
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.settings import Home, Mode, Settings

__all__ = ["command"]

_DAGSTER_SECONDS = 120


@click.command()
@click.option("--sandbox", is_flag=True, help="Use the sandbox whatever is configured.")
@click.option("--once", is_flag=True, help="Run the initial sync, print the account and end.")
@click.option("--prospects", default=2000, show_default=True, help="Size of the sandbox.")
@click.option("--seed", default=7, show_default=True, help="Seed of the sandbox.")
@click.option("--fresh", is_flag=True, help="Begin anew: delete sandbox, ledger and frames.")
@click.option("--port", default=3000, show_default=True, help="Dagster's port; taken: a free one.")
@click.option("--json", "as_json", is_flag=True, help="Print the account as one JSON object.")
def command(
    sandbox: bool,
    once: bool,
    prospects: int,
    seed: int,
    fresh: bool,
    port: int,
    as_json: bool,
) -> None:
    """Set Odoo up, run the initial sync, and keep both systems in agreement from then on.

    With nothing configured it starts the sandbox: a Pardot with people in it, and an Odoo.
    """
    stop = threading.Event()
    # Both: Dagster's runs give SIGTERM the handler of SIGINT, which a background job ignores.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _interrupt(stop))
    if sandbox:
        os.environ["PIPELINE_SANDBOX"] = "true"
    settings = Settings()
    home = settings.home
    os.environ["PIPELINE_HOME"] = str(home.path)
    simulated = [
        name
        for name, mode in (("pardot", settings.pardot_mode()), ("odoo", settings.odoo_mode()))
        if mode is Mode.SANDBOX
    ]
    if fresh:
        _forget(home, settings)
    home.create()
    with contextlib.ExitStack() as stack:
        if simulated:
            say(f"Starting the sandbox ({prospects:,} prospects, seed {seed}) …")
            states = stack.enter_context(
                running_sandbox(home, simulated, prospects=prospects, seed=seed, fresh=fresh)
            )
            for name, state in states.items():
                say(f"  {name}: {state['url']}")
        watched: list[Supervised] = []
        if not once:
            watched.append(stack.enter_context(_dagster(settings, port)))
        _provision(settings)
        if not once:
            watched += stack.enter_context(receiver(settings, simulated, prospects=prospects))
            # Before the initial sync: what somebody does while it lasts is not kept waiting.
            watched.append(stack.enter_context(warm_worker(settings)))
        report = None
        if once or not _was_synced(settings):
            report = _sync(settings, as_json)
        else:
            say("Everybody was synced before; the schedule brings what changed since.")
        if not once:
            say("The schedule is on; Ctrl-C ends everything.")
            _stay(stop, watched)
    if report is not None and not report.complete:
        raise report.incomplete()


def _interrupt(stop: threading.Event) -> None:
    stop.set()
    raise KeyboardInterrupt


def _forget(home: Home, settings: Settings) -> None:
    """Delete what belongs to the sandbox; never the ledger of real systems."""
    import shutil

    if Mode.REAL in (settings.pardot_mode(), settings.odoo_mode()):
        raise PipelineError(
            "--fresh would delete the ledger of a real system", fix="Leave --fresh out"
        )
    for path in (
        *(home.sandbox, home.dagster, home.frames, home.spool, home.keys, home.cache, home.audit),
    ):
        shutil.rmtree(path, ignore_errors=True)
    for path in home.path.glob("ledger.sqlite*"):
        path.unlink()


def _provision(settings: Settings) -> None:
    from pardot_odoo_pipeline.cli.provision import outcome_counts, run_provisioning

    try:
        counts = outcome_counts(run_provisioning(settings))
    except PipelineError as refusal:
        if refusal.code != "not_administrator":
            raise
        # The daily user need not be one; the sync itself refuses an Odoo that lacks its fields.
        say("This user is no administrator of Odoo, so nothing is provisioned from here.")
        return
    done = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    say(f"Odoo is provisioned ({done}).")


def _was_synced(settings: Settings) -> bool:
    """Whether an initial sync set the cursors: a restart need not export everybody again."""
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.launching import waiting
    from pardot_odoo_pipeline.ledger.store import cursors, takeover
    from pardot_odoo_pipeline.steps.changes import UPDATED_CURSOR

    with ledger_of(settings) as ledger:
        with ledger.read() as connection:
            begun = cursors.position(connection, UPDATED_CURSOR) is not None
            failed = takeover.failed_initial(connection)
        open_buckets = any(key.startswith("initial-") for key in waiting(ledger))
        return begun and not failed and not open_buckets


def _sync(settings: Settings, as_json: bool) -> SyncReport:
    from pardot_odoo_pipeline.cli.sync import print_summary, run_sync

    report = run_sync(settings, {"kind": "initial"})
    print_summary(report.document)
    if as_json:
        emit_json(report.document)
    return report


@contextlib.contextmanager
def _dagster(settings: Settings, port: int) -> Iterator[Supervised]:
    """The webserver and the daemon, both on one code server."""
    from pardot_odoo_pipeline.local_runs import WORKSPACE, place_dagster_home

    home = place_dagster_home(settings)
    port = port if is_free(port) else free_port()
    url = f"http://127.0.0.1:{port}"

    def start() -> Child:
        return Child(
            "Dagster",
            "dagster",
            # The workspace file, not the module: its name is part of a schedule's identity.
            [
                *("dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)),
                *(["--log-format", "json"] if settings.log_format == "json" else []),
            ],
            settings.home.logs / "dagster.log",
            # Links in alerts lead to the pages that are there, unless people reach them elsewhere.
            env={
                "DAGSTER_HOME": str(home),
                "DAGSTER_PUBLIC_URL": settings.dagster_public_url or url,
                # Five runs a turn would fall behind where many fail at once.
                "DAGSTER_RUN_STATUS_SENSOR_PROCESS_LIMIT": os.environ.get(
                    "DAGSTER_RUN_STATUS_SENSOR_PROCESS_LIMIT", "25"
                ),
            },
        )

    say(f"Starting Dagster … {url} (log: {settings.home.logs / 'dagster.log'})")
    dagster = Supervised(start, say)
    try:
        announce = threading.Thread(target=_announce, args=(dagster, url), daemon=True)
        announce.start()
        yield dagster
    finally:
        dagster.end()


def _announce(dagster: Supervised, url: str) -> None:
    with contextlib.suppress(PipelineError):
        dagster.child.wait_until(lambda: _answers(url), _DAGSTER_SECONDS)
        dagster.proved = True
        say(f"Dagster is ready: {url}/asset-groups")


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/server_info", timeout=2).ok
    except requests.RequestException:
        return False


def _stay(stop: threading.Event, children: Sequence[Supervised]) -> None:
    """Until somebody ends it, which is what this command is for and therefore a success."""
    with contextlib.suppress(KeyboardInterrupt):
        while not stop.is_set():
            for child in children:
                child.look()
            # Not `stop.wait`: a signal sets it in this thread, which could then wait for itself.
            time.sleep(0.5)
    say("Ending …")
