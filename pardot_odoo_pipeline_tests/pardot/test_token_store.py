"""A rotated refresh token on disk."""

import os
import stat
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
