"""The `pardot-odoo` command: which sub-commands there are, and how a failure is shown.

What lives here: the command group, loaded lazily so that `--help` stays quick, and the one place
that turns an error into a message and an exit code. What does not: any sub-command.

Exit codes: 0 success, 1 the work failed, 2 the command or the configuration is wrong.
"""

from __future__ import annotations

import difflib
import errno
import importlib
import os
import sqlite3
import sys
import traceback
import warnings

import click

from pardot_odoo_pipeline import process_logs
from pardot_odoo_pipeline.errors import FailureClass, PipelineError

__all__ = ["cli", "main"]

_COMMANDS = {
    "up": ("pardot_odoo_pipeline.cli.up", "Start everything: set-up, servers, initial sync."),
    "sandbox": ("pardot_odoo_pipeline.cli.sandbox", "Start the two sandbox servers alone."),
    "provision": ("pardot_odoo_pipeline.cli.provision", "Give Odoo the fields and views it needs."),
    "mapping": ("pardot_odoo_pipeline.cli.mapping", "Try the rules on real people; no writes."),
    "sync": ("pardot_odoo_pipeline.cli.sync", "Run batches now, with progress."),
    "plan": ("pardot_odoo_pipeline.cli.plan", "Show what a sync would do, without doing it."),
    "quarantine": (
        "pardot_odoo_pipeline.cli.quarantine",
        "Show who cannot be synced, and try one again.",
    ),
    "retries": ("pardot_odoo_pipeline.cli.retries", "Show writes that failed and are owed."),
    "status": ("pardot_odoo_pipeline.cli.status", "Show what was synced and what needs a hand."),
    "alerts": ("pardot_odoo_pipeline.cli.alerts", "Show what is wrong and was; try the channels."),
    "conflicts": (
        "pardot_odoo_pipeline.cli.conflicts",
        "Show values that lost, and put one back.",
    ),
    "holds": ("pardot_odoo_pipeline.cli.holds", "Show whom a brake stopped."),
    "logs": (
        "pardot_odoo_pipeline.cli.logs",
        "Show calls, values written, and whose data went where.",
    ),
    "keys": ("pardot_odoo_pipeline.cli.keys", "Make data keys, and show which ones are set."),
    "reconcile": (
        "pardot_odoo_pipeline.cli.reconcile",
        "Compare everybody on both sides, and mend what was missed.",
    ),
    "snapshot": ("pardot_odoo_pipeline.cli.snapshot", "Keep what the ledger knows, encrypted."),
    "restore": ("pardot_odoo_pipeline.cli.restore", "Bring the ledger back after a disaster."),
    "integrity": (
        "pardot_odoo_pipeline.cli.integrity",
        "Look for orphans, twins and broken links in Odoo.",
    ),
    "explain": ("pardot_odoo_pipeline.cli.explain", "Say why a person shows what they show."),
}

_MISCONFIGURED = {FailureClass.CONFIGURATION, FailureClass.RENEW_CREDENTIALS}

_DISK_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


class _LazyGroup(click.Group):
    """Imports a sub-command when it is called, and suggests one on a typo."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            near = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.version_option(package_name="pardot-odoo-pipeline")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Keep Salesforce Pardot (Account Engagement) and Odoo CRM in agreement.

    With nothing configured, every command works on a sandbox: two servers on this machine that
    speak the real protocols. docs/configuration.md names the settings of your own systems.
    """
    ctx.obj = {"debug": debug}


def main() -> None:
    """Run the command line; the only function that ends the process."""
    process_logs.guard()
    debug = "--debug" in sys.argv[1:] or bool(os.environ.get("PARDOT_ODOO_DEBUG"))
    # Partitioned asset checks are a preview feature of Dagster; its warning is for us, not users.
    warnings.filterwarnings("ignore", message=".*currently in preview.*")
    try:
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as refusal:
        refusal.show()
        sys.exit(2)
    except PipelineError as failure:
        if debug:
            traceback.print_exc()
        _tell(failure.cause, failure.fix)
        sys.exit(2 if failure.failure_class in _MISCONFIGURED else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as surprise:
        if debug:
            # An exception that was not foreseen may print what it met.
            click.echo(process_logs.guard()(traceback.format_exc()), err=True)
            sys.exit(1)
        if _is_disk_failure(surprise):
            _tell(
                "The disk of PIPELINE_HOME is full or failing",
                "Free space there and run the same command again; it goes on where it stopped",
            )
        else:
            _tell(
                f"unexpected {type(surprise).__name__}",
                "Run the same command with --debug and report what it shows",
            )
        sys.exit(1)
    finally:
        _end_audit()


def _end_audit() -> None:
    """A command writes what it did before it ends; most have loaded nothing that could."""
    audit = sys.modules.get("pardot_odoo_pipeline.operations.audit")
    if audit is not None:
        audit.close_all()


def _tell(cause: str, fix: str) -> None:
    click.echo(f"error: {cause}.", err=True)
    click.echo(f"  fix: {fix}.", err=True)


def _is_disk_failure(surprise: BaseException | None) -> bool:
    """Whether Dagster's own storage met a full disk: it lets SQLite's exceptions through."""
    while surprise is not None:
        if isinstance(surprise, OSError) and surprise.errno in _DISK_FULL:
            return True
        if isinstance(surprise, sqlite3.OperationalError):
            return any(words in str(surprise) for words in ("disk is full", "disk I/O error"))
        surprise = surprise.__cause__ or surprise.__context__
    return False


if __name__ == "__main__":
    main()
