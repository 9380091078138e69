import errno
import os

import pytest

from llpt.cli.overwriting import check_directory, check_file
from llpt.errors import InputError, StorageError
from llpt.files import (
    append_text,
    atomic_directory,
    atomic_stream,
    atomic_text,
    copy,
    make_directory,
    make_scratch,
    open_to_append,
    put_directory,
    remove,
    scratch_directory,
    write_atomically,
)

MUCH = "new line\n" * 2000


def test_text_and_bytes_take_the_place_of_the_old_file(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, "old")
    write_atomically(path, "Å\n")
    assert path.read_bytes() == "Å\n".encode()
    write_atomically(path, b"\x00\xff", durable=False)
    assert path.read_bytes() == b"\x00\xff"
    with atomic_text(path) as stream:
        stream.write("a\nb\r\n")
    assert path.read_bytes() == b"a\nb\r\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_new_file_has_the_usual_permissions(tmp_path):
    write_atomically(tmp_path / "ours", "")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_full_disk_leaves_the_old_file(disk):
    path = disk.path / "file"
    write_atomically(path, "old")
    with disk.full(), pytest.raises(StorageError, match=f"Cannot write {path}: ") as caught:
        write_atomically(path, MUCH)
    assert caught.value.__cause__.errno in {errno.ENOSPC, errno.EFBIG}
    assert "start again" in caught.value.remedy
    assert disk.contents() == {"file": b"old"}


def test_a_read_only_disk_is_said(disk):
    path = disk.path / "file"
    write_atomically(path, "old")
    with disk.read_only(), pytest.raises(StorageError, match=f"Cannot write {path}: ") as caught:
        write_atomically(path, "new")
    assert caught.value.remedy.startswith("Choose a place")
    assert disk.contents() == {"file": b"old"}


def test_a_library_that_hides_what_the_disk_said(disk):
    """torch.save answers a full disk with a RuntimeError about positions."""
    path = disk.path / "file"

    def write():
        with atomic_stream(path) as stream:
            try:
                stream.write(b"0" * 3_000_000)
            except OSError as error:
                raise RuntimeError("unexpected position") from error

    with disk.full(), pytest.raises(StorageError, match="Cannot write"):
        write()
    assert disk.contents() == {}


def test_an_error_that_is_not_the_disks_stays_what_it_is(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, "old")

    def write_half(error):
        with atomic_stream(path) as stream:
            stream.write(b"new")
            raise error

    for error in (KeyboardInterrupt, ValueError):
        with pytest.raises(error):
            write_half(error)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_link_is_followed(tmp_path):
    write_atomically(tmp_path / "file", "old")
    (tmp_path / "link").symlink_to("file")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_a_link_to_what_is_not_there_is_not_followed(tmp_path):
    (tmp_path / "link").symlink_to("absent")
    with pytest.raises(StorageError, match="link to what is not there"):
        write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert not (tmp_path / "absent").exists()
    for refuse in (check_file, lambda path, overwrite: check_directory(path, (), overwrite=overwrite)):
        with pytest.raises(InputError, match="link to what is not there"):
            refuse(tmp_path / "link", overwrite=True)


def test_a_device_or_a_directory_is_never_replaced(tmp_path):
    with pytest.raises(StorageError, match="not a regular file"):
        write_atomically(tmp_path.__class__(os.devnull), "text")
    with pytest.raises(StorageError, match="it is a directory"):
        write_atomically(tmp_path, "text")


def test_a_missing_directory_is_said(tmp_path):
    with pytest.raises(StorageError, match="No such file or directory"):
        write_atomically(tmp_path / "missing" / "file", "text")


def test_a_directory_appears_whole(tmp_path):
    with atomic_directory(tmp_path / "above" / "whole") as aside:
        write_atomically(aside / "file", "text")
        make_directory(aside / "below")
        assert not (tmp_path / "above" / "whole").exists()
    assert (tmp_path / "above" / "whole" / "file").read_text() == "text"
    assert [entry.name for entry in (tmp_path / "above").iterdir()] == ["whole"]


def test_a_directory_that_cannot_be_finished_leaves_nothing(disk):
    def make():
        with atomic_directory(disk.path / "whole") as aside:
            write_atomically(aside / "file", MUCH)

    with disk.full(), pytest.raises(StorageError):
        make()
    with pytest.raises(ValueError, match="stop"), atomic_directory(disk.path / "whole"):
        raise ValueError("stop")
    assert disk.contents() == {}


def test_a_directory_that_holds_something_is_not_replaced(tmp_path):
    write_atomically(tmp_path / "file", "")
    make_directory(tmp_path / "aside")
    make_directory(tmp_path / "taken" / "by")
    with pytest.raises(StorageError, match="taken") as caught:
        put_directory(tmp_path / "aside", tmp_path / "taken")
    assert "move it away" in caught.value.remedy
    with pytest.raises(StorageError, match="Cannot make the directory"):
        make_directory(tmp_path / "file")


def test_a_table_keeps_its_length_on_a_full_disk(disk):
    path = disk.path / "table"
    append_text(path, "one\n")
    append_text(path, "two\n")
    with disk.full():
        for name in ("table", "new"):
            with pytest.raises(StorageError, match=f"Cannot write {disk.path / name}"):
                append_text(disk.path / name, MUCH)
    assert disk.contents() == {"table": b"one\ntwo\n"}


def test_logs_directories_and_scratch_on_a_read_only_disk(disk):
    make_directory(disk.path / "directory")
    with disk.read_only():
        for attempt in (
            lambda: open_to_append(disk.path / "log"),
            lambda: append_text(disk.path / "table", "row\n"),
            lambda: make_directory(disk.path / "another"),
            lambda: make_scratch("scratch.", inside=disk.path),
            lambda: remove(disk.path / "directory"),
        ):
            with pytest.raises(StorageError, match="Cannot"):
                attempt()
    assert disk.contents() == {"directory": None}


def test_scratch_is_removed(tmp_path):
    with scratch_directory("scratch.", inside=tmp_path) as place:
        write_atomically(place / "file", "text")
    assert not list(tmp_path.iterdir())


def test_copies_and_removals(tmp_path):
    make_directory(tmp_path / "tree" / "below")
    write_atomically(tmp_path / "tree" / "below" / "file", b"text")
    (tmp_path / "tree" / "link").symlink_to("below/file")
    copy(tmp_path / "tree", tmp_path / "copies" / "tree")
    assert (tmp_path / "copies" / "tree" / "below" / "file").read_bytes() == b"text"
    assert not (tmp_path / "copies" / "tree" / "link").is_symlink()
    with pytest.raises(StorageError, match="Cannot read"):
        copy(tmp_path / "nothing", tmp_path / "copies" / "nothing")
    remove(tmp_path / "tree")
    remove(tmp_path / "tree")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["copies"]
