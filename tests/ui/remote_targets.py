"""What the tests of ``Remote`` have the other process do."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from deepfake_desktop.core.errors import NotAVideoError
from deepfake_desktop.core.types import CancelToken


def count(last: int, *, cancel: CancelToken) -> Iterator[int]:
    yield from range(last)


def pid(*, cancel: CancelToken) -> int:
    return os.getpid()


def forever(marker: Path, *, cancel: CancelToken) -> Iterator[int]:
    """Runs until cancelled, then leaves a file behind."""
    try:
        for number in range(10**9):
            cancel.raise_if_cancelled()
            yield number
            time.sleep(0.005)
    finally:
        marker.write_text("cleaned up", encoding="utf-8")


def refuse(*, cancel: CancelToken) -> None:
    raise NotAVideoError("no container", path="clip.mp4", remedy="Choose another.")


def die(*, cancel: CancelToken) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def deaf(*, cancel: CancelToken) -> Iterator[int]:
    """Ignores everything, as a native library may."""
    yield 0
    time.sleep(60)


def niceness(*, cancel: CancelToken) -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)
