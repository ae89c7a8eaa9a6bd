"""A private PostgreSQL server for tests: own data directory, free loopback port, ended by its pid.

`postgres_server()` starts one; the fixtures in `ledger/conftest.py` show how to share it. Where the
server's programs are missing, tests are skipped, or fail when REQUIRE_POSTGRES=1.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest


@dataclass(frozen=True)
class PostgresServer:
    port: int
    password: str
    pid: int

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://tester:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        """A new empty database; returns its address."""
        name = f"test_{secrets.token_hex(6)}"
        connection = psycopg2.connect(self.url())
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name}")
        finally:
            connection.close()
        return self.url(name)

    def drop_database(self, url: str) -> None:
        connection = psycopg2.connect(self.url())
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
        finally:
            connection.close()


def programs() -> Path:
    """Where Debian or PATH keep the server's programs."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    reason = "PostgreSQL is not installed (apt-get install postgresql, or: make test-postgres)"
    if os.environ.get("REQUIRE_POSTGRES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def _unprivileged() -> dict[str, object]:
    """PostgreSQL refuses to run as root: become the account that its package made, or nobody."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    pytest.fail("root has no account postgres or nobody to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + 60
    while True:
        try:
            psycopg2.connect(server.url(), connect_timeout=2).close()
        except psycopg2.OperationalError:
            if process.poll() is not None or time.monotonic() > give_up:
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        else:
            return


@contextmanager
def postgres_server(*, fsync: bool = False) -> Iterator[PostgresServer]:
    binaries = programs()
    account = _unprivileged()
    # Not under pytest's directory: the other account may not enter it, and socket paths are short.
    home = Path(tempfile.mkdtemp(prefix="pg-test-", dir="/var/tmp"))
    try:
        password = secrets.token_hex(8)
        (home / "password").write_text(password)
        if account:
            for path in (home, home / "password"):
                os.chown(path, account["user"], account["group"])
        data, log = home / "data", home / "log"
        options = ["--auth=scram-sha-256", "--username=tester", f"--pwfile={home / 'password'}"]
        subprocess.run(
            [binaries / "initdb", "-D", data, "-E", "UTF8", "--locale=C", "--no-sync", *options],
            check=True,
            capture_output=True,
            cwd=home,
            **account,
        )
        port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": home,
            "shared_buffers": "64MB",
            "fsync": "on" if fsync else "off",
            "timezone": "Asia/Kolkata",  # never the one that tests could pass with by luck
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    binaries / "postgres",
                    "-D",
                    data,
                    *(x for k, v in settings.items() for x in ("-c", f"{k}={v}")),
                ],
                stdout=output,
                stderr=output,
                cwd=home,
                **account,
            )
        server = PostgresServer(port, password, process.pid)
        try:
            _wait_until_ready(server, process, log)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # "fast" shutdown: drops connections, then stops
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
    finally:
        shutil.rmtree(home, ignore_errors=True)
