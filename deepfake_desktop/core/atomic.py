"""Files that are either written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from deepfake_desktop.core.errors import OutputError


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside ``path`` and rename: a crash leaves the old file or none, never a half.

    Raises:
        OutputError: if the folder is missing or read-only, or the disk is full.
    """
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise OutputError(
            f"the file cannot be written ({error.strerror or error})",
            path=path,
            remedy="Choose another folder, or free some space.",
        ) from error
