"""How many threads each stage of an analysis gets: decided here, set once per process.

The three stages run beside each other, each on a thread of its own, and two of them keep helpers:

- *decode*: FFmpeg's frame threads. Each holds a picture; more than four do not help.
- *faces*: none. dlib searches on the calling thread, and OpenCV is told to do the same: its
  pictures are small, and the other cores are taken.
- *network*: torch's OpenMP team, the largest pool. From three cores on it leaves one to the face
  search. The number never changes during an analysis: the order of sums depends on it, and with
  it the last digits of a score.

A team that waits must sleep. By default OpenMP's threads spin while they wait for the slowest of
them; where the face search, the window or another program holds a core, they burn the time that
it needs. See docs/PERFORMANCE.md for what that is worth.

The window's own thread needs no core kept free: the engine's process runs at a lower priority, so
the window takes one whenever it has something to do.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache

MOST_DECODING = 4
NICE = 5


@dataclass(frozen=True, slots=True)
class ThreadPlan:
    """Threads that may compute at once in each stage."""

    decode: int
    faces: int
    network: int


def usable_cores() -> int:
    """Cores that this process may run on."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def plan(cores: int | None = None) -> ThreadPlan:
    cores = usable_cores() if cores is None else cores
    return ThreadPlan(
        decode=min(MOST_DECODING, cores),
        faces=1,
        network=cores if cores <= 2 else cores - 1,
    )


def sleep_while_waiting() -> None:
    """Tell OpenMP; effective only before torch is loaded. A user's own setting stays."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@cache
def set_once() -> ThreadPlan:
    """Give OpenCV and torch their numbers, the first time it is called."""
    import cv2
    import torch

    chosen = plan()
    cv2.setNumThreads(chosen.faces)
    torch.set_num_threads(chosen.network)
    return chosen


def step_behind_the_window() -> None:
    """Lower this process's priority a little, for as long as it lives."""
    if sys.platform == "win32":
        import ctypes

        below_normal = 0x4000
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.SetPriorityClass.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), below_normal)
    else:
        os.nice(NICE)
