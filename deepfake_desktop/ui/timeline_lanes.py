"""The timeline's data: windows per person, and what of them falls into each column of pixels.

Everything that depends on the number of windows is a NumPy pass here; painting costs only as much
as there are pixels, so 10,000 windows paint as fast as 100.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.types import WindowScore

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """All windows of one person, sorted by start. Float64 arrays of one length; times in s."""

    start_s: Floats
    end_s: Floats
    p_fake: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """One value per pixel column, float64; NaN where no window lies. ``worst`` is the maximum."""

    worst: Floats
    least: Floats
    mean: Floats


class Lane:
    """The windows of one person, in an array that grows."""

    def __init__(self, track_id: int) -> None:
        self.track_id = track_id
        self.p_fake: float | None = None
        """The person's pooled score, once the analysis has finished."""
        self._rows = np.empty((64, 3))
        self._count = 0
        self._sorted = True
        self._windows: Windows | None = None

    def __len__(self) -> int:
        return self._count

    def add(self, window: WindowScore) -> None:
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        if self._count and window.start_s < self._rows[self._count - 1, 0]:
            self._sorted = False
        self._rows[self._count] = (window.start_s, window.end_s, window.p_fake)
        self._count += 1
        self._windows = None

    @property
    def windows(self) -> Windows:
        if not self._sorted:
            rows = self._rows[: self._count]
            self._rows[: self._count] = rows[np.argsort(rows[:, 0], kind="stable")]
            self._sorted = True
            self._windows = None
        if self._windows is None:
            rows = self._rows[: self._count]
            self._windows = Windows(rows[:, 0], rows[:, 1], rows[:, 2])
        return self._windows

    @property
    def span_s(self) -> tuple[float, float]:
        """First start and last end; (0, 0) while empty."""
        if not self._count:
            return 0.0, 0.0
        windows = self.windows
        return float(windows.start_s[0]), float(windows.end_s.max())

    def index_at(self, time_s: float, *, tolerance_s: float = 0.0) -> int | None:
        """The window that covers ``time_s``, or the nearest one within ``tolerance_s``."""
        if not self._count:
            return None
        windows = self.windows
        last = int(np.searchsorted(windows.start_s, time_s, side="right"))
        near = range(max(0, last - 3), min(self._count, last + 2))
        best = min(
            near,
            key=lambda i: (
                max(windows.start_s[i] - time_s, time_s - windows.end_s[i], 0.0),
                abs((windows.start_s[i] + windows.end_s[i]) / 2 - time_s),
            ),
        )
        away = max(windows.start_s[best] - time_s, time_s - windows.end_s[best], 0.0)
        return best if away <= tolerance_s else None

    def visible(self, from_s: float, to_s: float) -> slice:
        """Windows that may touch the range (the ends may hold one more)."""
        windows = self.windows
        first = int(np.searchsorted(windows.start_s, from_s, side="left"))
        while first > 0 and windows.end_s[first - 1] > from_s:
            first -= 1
        last = int(np.searchsorted(windows.start_s, to_s, side="right"))
        return slice(max(0, first - 1), min(self._count, last + 1))


def columns(windows: Windows, from_s: float, to_s: float, width: int) -> Columns:
    """Gathers windows into ``width`` columns of equal time; a window counts in each it touches.

    The worst score of a column is kept, so that one suspicious window among thousands still shows.
    """
    worst = np.full(width, -np.inf)
    least = np.full(width, np.inf)
    total = np.zeros(width)
    count = np.zeros(width)
    scale = width / max(1e-9, to_s - from_s)
    first = np.floor((windows.start_s - from_s) * scale + 1e-6).astype(np.int64)
    after = np.ceil((windows.end_s - from_s) * scale - 1e-6).astype(np.int64)
    after = np.maximum(after, first + 1)
    inside = (after > 0) & (first < width)
    first = np.clip(first[inside], 0, width - 1)
    after = np.clip(after[inside], 1, width)
    lengths = after - first
    if lengths.size:
        begins = np.repeat(first, lengths)
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        column = begins + offsets
        p_fake = np.repeat(windows.p_fake[inside], lengths)
        np.maximum.at(worst, column, p_fake)
        np.minimum.at(least, column, p_fake)
        np.add.at(total, column, p_fake)
        np.add.at(count, column, 1)
    empty = count == 0
    worst[empty] = np.nan
    least[empty] = np.nan
    with np.errstate(invalid="ignore"):
        mean = np.where(empty, np.nan, total / np.maximum(count, 1))
    return Columns(worst, least, mean)


def runs(present: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """``[start, stop)`` of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def tick_step(span_s: float, width_px: float, *, spacing_px: float = 88.0) -> float:
    """A round number of seconds that leaves about ``spacing_px`` between two ticks."""
    wanted = span_s / max(1.0, width_px / spacing_px)
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
    return next((float(step) for step in steps if step >= wanted), 36000.0)
