"""A rotated refresh token on disk."""

import os
import signal
import stat
import subprocess
import sys
import threading

import pytest

from pardot_odoo_pipeline.pardot.token_store import FileTokenStore


def test_what_was_saved_is_found_by_another_process(tmp_path):
    FileTokenStore(tmp_path / "tokens").save("configured", "rotated")
    assert FileTokenStore(tmp_path / "tokens").load("configured") == "rotated"


def test_nobody_else_may_read_it(tmp_path):
    directory = tmp_path / "tokens"
    FileTokenStore(directory).save("configured", "rotated")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for file in directory.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_newly_configured_token_makes_the_stored_one_void(tmp_path):
    store = FileTokenStore(tmp_path)
    store.save("configured", "rotated")
    assert store.load("configured anew") is None


def test_a_damaged_file_counts_as_none(tmp_path):
    store = FileTokenStore(tmp_path)
    store.save("configured", "rotated")
    (file,) = tmp_path.iterdir()
    file.write_text('{"replaces": ')
    assert store.load("configured") is None


def test_a_write_that_fails_leaves_the_old_token_and_no_rubbish(tmp_path, monkeypatch):
    store = FileTokenStore(tmp_path)
    store.save("configured", "first")

    def disk_full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(OSError, match="No space"):
        store.save("configured", "second")
    assert store.load("configured") == "first"
    assert len(list(tmp_path.iterdir())) == 1


KILLED_AT = {
    "before anything is written": "json.dump = kill",
    "half written": "json.dump = lambda record, file: (file.write('{'), file.flush(), kill())",
    "before the disk has it": "os.fsync = kill",
    "before it takes its place": "Path.replace = kill",
    "after it took its place": "old = Path.replace\nPath.replace = lambda *a: (old(*a), kill())",
}


@pytest.mark.parametrize("moment", KILLED_AT)
def test_a_process_that_is_killed_leaves_the_old_token_or_the_new_one(tmp_path, moment):
    FileTokenStore(tmp_path).save("configured", "first")
    program = (
        "import json, os, signal, sys\n"
        "from pathlib import Path\n"
        "from pardot_odoo_pipeline.pardot.token_store import FileTokenStore\n"
        "def kill(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{KILLED_AT[moment]}\n"
        "store = FileTokenStore(Path(sys.argv[1]))\n"
        "with store.exclusive():\n"
        "    store.save('configured', 'second')\n"
    )
    died = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert died.returncode == -signal.SIGKILL
    left = FileTokenStore(tmp_path).load("configured")
    assert left == ("second" if moment.startswith("after") else "first")
    # The lock died with its holder, and what it had begun to write goes with the next token.
    with FileTokenStore(tmp_path).exclusive():
        FileTokenStore(tmp_path).save("configured", "third")
    assert FileTokenStore(tmp_path).load("configured") == "third"
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".lock"]


def test_two_renewals_do_not_overlap(tmp_path):
    entered, other_entered = threading.Event(), threading.Event()

    def renew():
        entered.wait(10)
        with FileTokenStore(tmp_path).exclusive():
            other_entered.set()

    thread = threading.Thread(target=renew)
    thread.start()
    with FileTokenStore(tmp_path).exclusive():
        entered.set()
        assert not other_entered.wait(0.1)
    assert other_entered.wait(10)
    thread.join()
