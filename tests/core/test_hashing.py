"""sha256 on its own thread."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deepfake_desktop.core import hashing
from deepfake_desktop.core.errors import Cancelled, FileUnreadableError
from deepfake_desktop.core.hashing import FileHasher, FileVersion, remembered_sha256
from deepfake_desktop.core.types import CancelToken


@pytest.mark.parametrize("size", [0, 1, hashing.CHUNK_BYTES, 3 * hashing.CHUNK_BYTES + 17])
def test_digest_is_that_of_the_bytes(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / "file"
    path.write_bytes(content[:size])
    with FileHasher(path) as hasher:
        assert hasher.result(CancelToken()) == hashlib.sha256(content[:size]).hexdigest()


def test_cancelled_hashing_ends_its_thread(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))
    cancel = CancelToken()
    cancel.cancel()
    hasher = FileHasher(path)
    hasher.start()
    with pytest.raises(Cancelled):
        hasher.result(cancel)
    assert not hasher._thread.is_alive()


def test_leaving_early_ends_the_thread(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(20 * hashing.CHUNK_BYTES))
    with FileHasher(path) as hasher:
        pass
    assert not hasher._thread.is_alive()


def test_vanished_file_is_named(tmp_path: Path) -> None:
    with (
        FileHasher(tmp_path / "none") as hasher,
        pytest.raises(FileUnreadableError, match="none"),
    ):
        hasher.result(CancelToken())


def test_file_that_grows_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))
    original = hashlib.sha256

    def grow() -> object:
        with path.open("ab") as file:
            file.write(b"more")
        return original()

    monkeypatch.setattr(hashing.hashlib, "sha256", grow)
    with FileHasher(path) as hasher, pytest.raises(FileUnreadableError, match="changed"):
        hasher.result(CancelToken())


def test_a_digest_is_remembered_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "FRESH_NS", -1)
    path = tmp_path / "file"
    path.write_bytes(b"one")
    first = remembered_sha256(path)
    assert first == hashlib.sha256(b"one").hexdigest()
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "file_digest", None)
        assert remembered_sha256(path) == first
    other = tmp_path / "other"
    other.write_bytes(b"two")
    other.replace(path)
    assert remembered_sha256(path) == hashlib.sha256(b"two").hexdigest()


def test_a_file_written_just_now_is_not_remembered(tmp_path: Path) -> None:
    """Its next version could have the same time, by a coarse clock, and the same size."""
    path = tmp_path / "file"
    path.write_bytes(b"one")
    remembered_sha256(path)
    assert FileVersion.of(path) not in hashing._remembered
