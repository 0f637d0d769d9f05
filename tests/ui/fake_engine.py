"""Engines for the window's tests: they say what the test wants, when the test wants it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from deepfake_desktop.core.types import (
    AnalysisRequest,
    CancelToken,
    Event,
    Finished,
    Label,
    Opened,
    Progress,
    Verdict,
    WindowScored,
)
from tests.ui import sample_results as made


class Engine:
    """Yields a whole analysis; may wait at a gate, fail for some files, or ignore cancelling.

    ``requests`` records what was asked, ``threads`` on which thread.
    """

    def __init__(self, label: Label = "FAKE", *, pause_s: float = 0.0) -> None:
        self.label: Label = label
        self.labels: dict[str, Label] = {}
        self.errors: dict[str, Exception] = {}
        self.pause_s = pause_s
        self.gate: threading.Event | None = None
        """While set and closed, the engine stops after its first score until it opens."""
        self.requests: list[AnalysisRequest] = []
        self.threads: set[int] = set()
        self.closed = 0
        """How many times the generator's ``finally`` ran."""

    def __call__(self, request: AnalysisRequest, *, cancel: CancelToken) -> Iterator[Event]:
        self.requests.append(request)
        self.threads.add(threading.get_ident())
        return self._events(request, cancel)

    def _events(self, request: AnalysisRequest, cancel: CancelToken) -> Iterator[Event]:
        name = request.path.name
        try:
            label = self.labels.get(name, self.label)
            video = replace(made.video(), path=request.path)
            analysis = made.analysis(label, video=video, settings=request.settings)
            yield Opened(video, analysis.checkpoint)
            if name in self.errors:
                raise self.errors[name]
            windows = [window for track in analysis.tracks for window in track.windows]
            for number, window in enumerate(windows):
                cancel.raise_if_cancelled()
                yield made.face(window.track_id, window.start_s)
                share = (number + 1) / len(windows)
                yield Progress("network", number + 1, len(windows), share, 3.0)
                yield WindowScored(window, Verdict(label, 0.6, 0.6, ()))
                if self.gate is not None and number == 0:
                    while not self.gate.wait(0.005):
                        cancel.raise_if_cancelled()
                if self.pause_s:
                    time.sleep(self.pause_s)
            yield Finished(analysis)
        finally:
            self.closed += 1
