"""No verdict before the self-test of the checkpoint that gives it has passed; a pass is remembered.

The self-test takes seconds, so its outcome is kept in the user's cache, under a key made of
everything that it depends on: weights, card, stored scores, program, libraries and device. Any
change of these asks for it anew. A failure is kept for people to read; it is never taken for
granted, the next verdict asks for the test again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import threading
from collections.abc import Generator, Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepfake_desktop.core.atomic import write_atomically
from deepfake_desktop.core.checkpoints import CheckpointFile, describe, file_for_path
from deepfake_desktop.core.errors import OutputError, SelfTestError
from deepfake_desktop.core.paths import resource_path, user_cache_dir
from deepfake_desktop.core.selftest import (
    STORED,
    examine_checkpoint,
    is_bundled,
    load_stored,
    raise_if_failed,
)
from deepfake_desktop.core.types import (
    Analysis,
    AnalysisRequest,
    CancelToken,
    CheckpointSummary,
    Device,
    Event,
    Finished,
    Opened,
    Progress,
    SelfTest,
    WindowScored,
)
from deepfake_desktop.core.versions import software_versions

log = logging.getLogger(__name__)

SCHEMA = 1
DEVICES: tuple[Device, ...] = ("cpu", "cuda", "mps")
_GOOD = ("passed", "not covered")
_MOST = 64


class Assurance:
    """What is known of each checkpoint's self-test; one per process, on one thread or another.

    ``memory`` is the file that outlives the process.
    """

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory or user_cache_dir() / "self-test.json"
        self._known: dict[str, SelfTest] = {}
        self._lock = threading.Lock()

    def recall(
        self, checkpoint: CheckpointSummary, devices: Iterable[Device] = DEVICES
    ) -> SelfTest:
        """The outcome for a checkpoint as it is now, on the first of ``devices`` that has one."""
        file = file_for_path(checkpoint.path)
        if not is_covered(file, checkpoint.sha256):
            return SelfTest("not covered")
        for device in devices:
            known = self._look_up(_key(file, checkpoint.sha256, device))
            if known is not None:
                return known
        return SelfTest()

    def stamp(self, analysis: Analysis) -> Analysis:
        """The result with what is known of its self-test; runs none."""
        known = self.recall(analysis.checkpoint, (_kind(analysis.device),))
        return replace(analysis, self_test=known)

    def assure(
        self, checkpoint: CheckpointSummary, device: Device, cancel: CancelToken
    ) -> SelfTest:
        """Runs the self-test unless it has passed already.

        Raises:
            SelfTestError: it does not pass: no verdict of this checkpoint may be given.
            Cancelled: soon after ``cancel`` was set.
        """
        from deepfake_desktop.core.inference import choose_device

        device = choose_device(device)
        before = self.recall(checkpoint, (device,))
        if before.result in _GOOD:
            return before
        file = file_for_path(checkpoint.path)
        log.info("self-test of %s on %s", checkpoint.name, device)
        report = examine_checkpoint(file, device=device, cancel=cancel)
        outcome = SelfTest(
            "passed" if report.passed else "failed",
            datetime.now(UTC).isoformat(timespec="seconds"),
            tuple(check.text for check in report.checks) if report.passed else report.failures,
        )
        self._remember(_key(file, checkpoint.sha256, device), outcome)
        raise_if_failed(report)
        return outcome

    def analyze(
        self, request: AnalysisRequest, *, cancel: CancelToken
    ) -> Generator[Event, None, None]:
        """``core.analysis.analyze``, with no verdict before the self-test has passed.

        Where the pass is not known yet, work goes on meanwhile: scores come as ever, without a
        preliminary verdict, and the test runs before the last event. Where it failed before, it
        runs first.

        Raises:
            SelfTestError: the self-test does not pass.
            DeepfakeDesktopError, Cancelled: as ``analyze``.
        """
        from deepfake_desktop.core.analysis import analyze

        known = SelfTest()
        with contextlib.closing(analyze(request, cancel=cancel)) as events:
            for event in events:
                if isinstance(event, Opened):
                    known = self.recall(event.checkpoint)
                    if known.result == "failed":
                        known = self.assure(event.checkpoint, request.settings.device, cancel)
                elif isinstance(event, WindowScored) and known.result not in _GOOD:
                    event = replace(event, preliminary=None)
                elif isinstance(event, Finished):
                    result = event.analysis
                    if known.result not in _GOOD:
                        yield Progress("verdict", 0, 1, 1.0)
                    outcome = self.assure(result.checkpoint, _kind(result.device), cancel)
                    event = Finished(replace(result, self_test=outcome))
                yield event

    def prepare(self, request: AnalysisRequest, *, cancel: CancelToken) -> SelfTest:
        """Runs the self-test of the checkpoint that would answer ``request``, if it is due.

        Raises:
            SelfTestError: it does not pass.
            CheckpointError: there is no checkpoint, or it cannot be used.
            Cancelled: soon after ``cancel`` was set.
        """
        from deepfake_desktop.core.analysis import choose_checkpoint

        file, _ = choose_checkpoint(request)
        _, summary = describe(file)
        known = self.recall(summary)
        if known.result in _GOOD:
            return known
        return self.assure(summary, request.settings.device, cancel)

    def _look_up(self, key: str) -> SelfTest | None:
        with self._lock:
            if key in self._known:
                return self._known[key]
        return _outcome(self._read().get(key))

    def _remember(self, key: str, outcome: SelfTest) -> None:
        with self._lock:
            self._known[key] = outcome
            records = self._read()
            records.pop(key, None)
            records[key] = asdict(outcome)
            newest = dict(list(records.items())[-_MOST:])
            text = json.dumps({"schema": SCHEMA, "records": newest}, indent=1)
            try:
                self._memory.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self._memory, text.encode())
            except (OSError, OutputError) as error:
                log.warning("the self-test's outcome could not be kept: %s", error)

    def _read(self) -> dict[str, Any]:
        try:
            data = json.loads(self._memory.read_text(encoding="utf-8"))
            records = data["records"] if data["schema"] == SCHEMA else {}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be used: %s", self._memory, error)
            return {}
        return records if isinstance(records, dict) else {}


def is_covered(file: CheckpointFile, sha256: str) -> bool:
    """Whether a self-test can say anything of these weights. What is bundled must have one.

    Where the stored scores themselves are missing, everything counts as covered, and fails.
    """
    try:
        return is_bundled(file) or sha256 in load_stored()["checkpoints"]
    except (SelfTestError, KeyError, TypeError):
        return True


def _kind(device_name: str) -> Device:
    """``cpu (2 threads)`` of an analysis as ``cpu``."""
    return next((kind for kind in DEVICES if device_name.startswith(kind)), "cpu")


def _outcome(record: object) -> SelfTest | None:
    try:
        known = SelfTest(**record)  # type: ignore[arg-type]
        return SelfTest(known.result, known.tested_utc, tuple(known.details))
    except TypeError:
        return None


def _key(file: CheckpointFile, sha256: str, device: Device) -> str:
    digest = hashlib.sha256()
    for part in (
        sha256.encode(),
        _bytes(file.card_path),
        _bytes(resource_path(STORED)),
        json.dumps(software_versions(), sort_keys=True).encode(),
        device.encode(),
    ):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
