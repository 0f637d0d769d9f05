"""sha256 of files: of a video on a thread while it is analysed, of a checkpoint only once."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path
from typing import NamedTuple

from deepfake_desktop.core.errors import Cancelled, FileUnreadableError
from deepfake_desktop.core.types import CancelToken

CHUNK_BYTES = 1 << 20
POLL_S = 0.05
FRESH_NS = 2_000_000_000
"""The coarsest clock of a file system (FAT): two versions of a younger file may look alike."""
_MOST_REMEMBERED = 64


class FileVersion(NamedTuple):
    """What tells a file from another under its name, and from itself before it was written to."""

    path: str
    size_bytes: int
    modified_ns: int
    changed_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, path: Path) -> FileVersion:
        """Raises:
        OSError: if there is no such file.
        """
        found = path.stat()
        return cls(
            os.path.abspath(path),  # noqa: PTH100 - resolve() would cost a look at every folder
            found.st_size,
            found.st_mtime_ns,
            found.st_ctime_ns,
            found.st_ino,
            found.st_dev,
        )


_remembered: dict[FileVersion, str] = {}


def remembered_sha256(path: Path) -> str:
    """sha256 of a file, 64 lower-case hexadecimal digits; computed once per version of the file.

    For files that rarely change and are asked about often. The digest that goes into a report as
    a video's is always computed from its bytes (``FileHasher``).

    Raises:
        OSError: if it cannot be read.
    """
    version = FileVersion.of(path)
    if (known := _remembered.get(version)) is not None:
        return known
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    age_ns = time.time_ns() - max(version.modified_ns, version.changed_ns)
    if age_ns > FRESH_NS and FileVersion.of(path) == version:
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[version] = digest
    return digest


class FileHasher:
    """Hashes ``path`` in the background; ``hashlib`` and file reads let other threads run.

    ``start`` once, then ``result``; ``close`` (or leaving the ``with`` block) stops early and
    joins the thread, so that none outlives its job.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        self._stop = threading.Event()
        self._digest: str | None = None
        self._error: OSError | None = None
        self._changed = False
        self._thread = threading.Thread(target=self._run, name="file-hasher", daemon=True)

    def __enter__(self) -> FileHasher:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop and join; safe to call twice, and before ``start``."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def result(self, cancel: CancelToken) -> str:
        """Wait for the digest: 64 lower-case hexadecimal digits.

        Raises:
            Cancelled: if ``cancel`` was called meanwhile; the thread has then ended.
            FileUnreadableError: if the file cannot be read or changed while it was.
        """
        while self._thread.is_alive():
            self._thread.join(POLL_S)
            if cancel.is_cancelled:
                break
        if cancel.is_cancelled:
            self.close()
            raise Cancelled
        if self._error is not None:
            raise FileUnreadableError(
                f"the file cannot be read: {self._error.strerror or self._error}.",
                path=self._path,
            ) from self._error
        if self._changed:
            raise FileUnreadableError(
                "the file changed while it was being read.",
                path=self._path,
                remedy="Wait until it is complete and try again.",
            )
        if self._digest is None:  # closed before the end
            raise Cancelled
        return self._digest

    def _run(self) -> None:
        try:
            before = self._path.stat()
            digest = hashlib.sha256()
            buffer = memoryview(bytearray(CHUNK_BYTES))
            with self._path.open("rb", buffering=0) as file:
                while count := file.readinto(buffer):
                    if self._stop.is_set():
                        return
                    digest.update(buffer[:count])
            after = self._path.stat()
        except OSError as error:
            self._error = error
            return
        self._changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
        self._digest = digest.hexdigest()
