"""Opening a ledger, and what its transactions promise."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger, ledger_url, open_ledger
from pardot_odoo_pipeline.ledger.store.sql import next_numbers
from pardot_odoo_pipeline.ledger.tables import counters


def number(ledger: Ledger, name: str = "n") -> int:
    with ledger.write() as tx:
        return next_numbers(tx, name)[0]


def stored(ledger: Ledger) -> dict[str, int]:
    with ledger.read() as tx:
        rows = tx.execute(sa.select(counters.c.name, counters.c.value))
        return {row.name: row.value for row in rows}


def test_a_block_that_raises_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(KeyError), ledger.write() as tx:  # noqa: PT012
        next_numbers(tx, "lost")
        raise KeyError
    assert stored(ledger) == {}


def test_what_was_committed_is_there_for_the_next_process(address: str, ledger: Ledger) -> None:
    number(ledger)
    script = "import sys; from pardot_odoo_pipeline.ledger.engine import open_ledger\n"
    script += "from pardot_odoo_pipeline.ledger.store.sql import next_numbers\n"
    script += "with open_ledger(sys.argv[1]).write() as tx: print(next_numbers(tx, 'n'))"
    done = subprocess.run(
        [sys.executable, "-c", script, address], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "range(2, 3)"
    assert stored(ledger) == {"n": 2}


def test_a_read_keeps_its_view_while_others_write(address: str, ledger: Ledger) -> None:
    number(ledger)
    with ledger.read() as tx:
        query = sa.select(counters.c.value)
        assert tx.execute(query).scalar() == 1
        assert number(ledger) == 2
        assert tx.execute(query).scalar() == 1


def test_errors_never_show_values(ledger: Ledger) -> None:
    with pytest.raises(PipelineError) as caught, ledger.write() as tx:  # noqa: PT012
        for _ in range(2):
            tx.execute(sa.insert(counters), [{"name": "canary@example.com", "value": 1}])
    assert caught.value.code == "ledger_integrity"
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "counters" in str(caught.value)


def test_a_killed_process_leaves_nothing_of_its_transaction(address: str, ledger: Ledger) -> None:
    number(ledger)
    script = """
        import os, signal, sys
        from pardot_odoo_pipeline.ledger.engine import open_ledger
        from pardot_odoo_pipeline.ledger.store.sql import next_numbers
        with open_ledger(sys.argv[1]).write() as tx:
            for i in range(2000):
                next_numbers(tx, f"half {i}")
            next_numbers(tx, "n")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), address], check=False)
    assert done.returncode == -9
    assert number(ledger) == 2
    assert stored(ledger) == {"n": 2}


class TestSqlite:
    def test_the_file_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        with open_ledger(tmp_path / "new" / "ledger.sqlite") as ledger:
            number(ledger)
            for path in (tmp_path / "new").iterdir():
                assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700

    def test_connections_are_set_up_as_promised(self, tmp_path: Path) -> None:
        with open_ledger(tmp_path / "l", wait_seconds=3) as ledger, ledger.read() as tx:
            pragmas = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
            found = [tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
        assert found == ["wal", 1, 1, 3000]

    def test_a_writer_waits_for_another_and_says_so_when_it_takes_too_long(
        self, tmp_path: Path
    ) -> None:
        with open_ledger(tmp_path / "l") as first, open_ledger(tmp_path / "l") as patient:
            impatient = open_ledger(tmp_path / "l", wait_seconds=0.1)
            waiter = threading.Thread(target=number, args=(patient,))
            with first.write() as tx:
                next_numbers(tx, "n")
                waiter.start()
                with pytest.raises(PipelineError) as caught:
                    number(impatient)
                assert stored(impatient) == {}
            waiter.join(20)
            assert stored(first) == {"n": 2}
            assert caught.value.code == "ledger_locked"
            impatient.close()

    def test_a_full_disk_is_one_clear_error_and_nothing_half_written(self, tmp_path: Path) -> None:
        path = tmp_path / "ledger.sqlite"
        with open_ledger(path) as ledger:
            number(ledger)
        script = """
            import resource, signal, sys
            from pardot_odoo_pipeline.errors import PipelineError
            from pardot_odoo_pipeline.ledger.engine import open_ledger
            from pardot_odoo_pipeline.ledger.tables import counters
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            ledger = open_ledger(sys.argv[1])
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
            try:
                with ledger.write() as tx:
                    rows = [{"name": f"much to store {i}", "value": i} for i in range(30_000)]
                    tx.execute(counters.insert(), rows)
            except PipelineError as error:
                print(error.code)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script), path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == "ledger_full", done.stderr
        with open_ledger(path) as ledger:
            assert stored(ledger) == {"n": 1}

    def test_a_file_that_is_no_ledger_is_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_bytes(b"Dear diary, " * 1000)
        with pytest.raises(PipelineError) as caught:
            open_ledger(path)
        assert caught.value.code == "ledger_damaged"
        assert path.read_bytes() == b"Dear diary, " * 1000

    def test_a_place_that_cannot_be_made_is_named_as_such(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(PipelineError) as caught:
            open_ledger(tmp_path / "file" / "ledger.sqlite")
        assert caught.value.code == "ledger_unreachable"

    def test_a_directory_is_no_ledger(self, tmp_path: Path) -> None:
        with pytest.raises(PipelineError) as caught:
            open_ledger(tmp_path)
        assert caught.value.code == "ledger_unreachable"


@pytest.mark.parametrize(
    "address",
    ["mysql://user:hunter2@host/db", "sqlite://", "sqlite:///:memory:", "://", "post gres://x"],
)
def test_other_addresses_are_refused_without_showing_secrets(address: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ledger_url(address)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg2", "postgresql+psycopg"])
def test_the_postgresql_driver_is_always_named(scheme: str) -> None:
    url = ledger_url(f"{scheme}://u:p%40ss@db.example:5433/ledger?sslmode=require")
    assert url.drivername == "postgresql+psycopg2"
    assert (url.username, url.password, url.port) == ("u", "p@ss", 5433)
    assert url.query == {"sslmode": "require"}


def test_sqlite_addresses_and_paths_mean_the_same_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = str(tmp_path / "a b.sqlite")
    for address in (
        "a b.sqlite",
        f"sqlite:///{wanted}",
        "sqlite:///a b.sqlite",
        Path("a b.sqlite"),
    ):
        assert ledger_url(address).database == wanted


def test_a_server_that_does_not_answer_is_one_clear_error() -> None:
    with pytest.raises(PipelineError) as caught:
        open_ledger("postgresql://tester:hunter2@127.0.0.1:1/nothing")
    assert caught.value.code == "ledger_unreachable"
    assert "hunter2" not in repr(caught.value) + str(caught.value)


@pytest.mark.postgres
class TestPostgres:
    def test_a_wrong_password_or_database_is_a_matter_of_settings(self, postgres) -> None:
        right = postgres.url()
        for wrong in (right.replace(postgres.password, "hunter2"), right + "_missing"):
            with pytest.raises(PipelineError) as caught:
                open_ledger(wrong)
            assert caught.value.code == "ledger_refused"
            assert "hunter2" not in str(caught.value)

    def test_a_lost_connection_is_found_again(self, postgres) -> None:
        url = postgres.create_database()
        with open_ledger(url) as ledger:
            with pytest.raises(PipelineError) as caught, ledger.write() as tx:  # noqa: PT012
                next_numbers(tx, "n")
                tx.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
            assert caught.value.code == "ledger_unreachable"
            assert number(ledger) == 1
        postgres.drop_database(url)


def test_opening_does_not_import_what_only_migrations_need(tmp_path: Path) -> None:
    open_ledger(tmp_path / "l").close()
    script = "import sys; from pardot_odoo_pipeline.ledger.engine import open_ledger\n"
    script += "open_ledger(sys.argv[1])\n"
    script += "print([m for m in ('alembic', 'dagster', 'requests', 'pandas') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "l"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_sqlite_of_this_python_is_new_enough() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35)
    assert os.name == "posix"
