"""Does this installation still compute what it computed when it was built?

The bundled samples are analysed with every bundled checkpoint and compared with probabilities
that were stored when the program was released (``resources/selftest.json``, keyed by the
checkpoint's sha256); one of them also in the 16 bits that analyses compute in where the device has
them. That notices what no version number shows: a library update that shifts all
scores, a card whose classes were swapped, weights that are not the ones measured.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deepfake_desktop.core.checkpoints import CheckpointFile, describe, list_checkpoints
from deepfake_desktop.core.errors import DeepfakeDesktopError, SelfTestError
from deepfake_desktop.core.inference import choose_device, short_dtype
from deepfake_desktop.core.paths import bundled_models_dir, resource_path
from deepfake_desktop.core.types import (
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    Device,
    Finished,
)

log = logging.getLogger(__name__)

SAMPLES = ("authentic.mp4", "manipulated.mp4")
STORED = "selftest.json"
SCHEMA = 1
TOLERANCE = 0.03
"""Largest difference of P(fake), and of the logit in units of ``LOGIT_UNIT``, that passes.

Machines differ in the last digits of sums and now and then in a face box by a pixel; a swapped
channel, another crop or another weight differs by far more.
"""
TOLERANCE_16_BITS = 0.1
"""The same in 16 bits, whose rounding moves the bundled networks by up to .006 (ADR 18)."""

LOGIT_UNIT = 10.0

_REMEDY = (
    "Do not trust verdicts of this installation. Install the program again, with the versions it "
    "was released with."
)


@dataclass(frozen=True, slots=True)
class SampleScore:
    """What the engine says of one sample. ``logit`` is uncalibrated, of the deciding face."""

    p_fake: float
    logit: float


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``text`` is one line for a person."""

    passed: bool
    text: str


@dataclass(frozen=True, slots=True)
class SelfTestReport:
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[str, ...]:
        return tuple(check.text for check in self.checks if not check.passed)

    def __str__(self) -> str:
        lines = [f"{'ok  ' if check.passed else 'FAIL'} {check.text}" for check in self.checks]
        lines.append("Self-test passed." if self.passed else "Self-test failed.")
        return "\n".join(lines)


def run_selftest(
    models_dir: Path | None = None, cancel: CancelToken | None = None
) -> SelfTestReport:
    """Check every bundled checkpoint, and those in ``models_dir`` that have stored probabilities.

    Raises:
        SelfTestError: if anything does not hold; the message names the first failures.
        Cancelled: soon after ``cancel`` was set.
    """
    report = examine(models_dir, cancel)
    raise_if_failed(report)
    return report


def raise_if_failed(report: SelfTestReport) -> None:
    """Raises:
    SelfTestError: naming what did not hold.
    """
    if not report.passed:
        for failure in report.failures:
            log.error("self-test: %s", failure)
        raise SelfTestError(f"the self-test failed: {'; '.join(report.failures)}.", remedy=_REMEDY)


def examine(models_dir: Path | None = None, cancel: CancelToken | None = None) -> SelfTestReport:
    """As ``run_selftest``, but failures are only reported.

    Raises:
        Cancelled: soon after ``cancel`` was set.
    """
    try:
        stored = load_stored()
    except SelfTestError as error:
        return SelfTestReport((Check(False, error.reason),))
    files = [
        file
        for file in list_checkpoints(models_dir)
        if is_bundled(file) or (models_dir is not None and file.path.parent == models_dir)
    ]
    checks = _sample_checks(stored)
    if not files:
        checks.append(Check(False, f"no checkpoint is in {bundled_models_dir().resolve()}"))
    for file in files:
        checks += _checkpoint_checks(file, stored, "auto", cancel)
    return SelfTestReport(tuple(checks))


def examine_checkpoint(
    file: CheckpointFile, *, device: Device = "auto", cancel: CancelToken | None = None
) -> SelfTestReport:
    """The samples and one checkpoint, on ``device``; failures are only reported.

    Raises:
        Cancelled: soon after ``cancel`` was set.
    """
    try:
        stored = load_stored()
    except SelfTestError as error:
        return SelfTestReport((Check(False, error.reason),))
    checks = (*_sample_checks(stored), *_checkpoint_checks(file, stored, device, cancel))
    return SelfTestReport(checks)


def is_bundled(file: CheckpointFile) -> bool:
    """Whether it came with the program: such a one must have stored probabilities."""
    return file.path.resolve().parent == bundled_models_dir().resolve()


def load_stored(path: Path | None = None) -> dict[str, Any]:
    """The stored probabilities.

    Raises:
        SelfTestError: if the file is missing or of another schema.
    """
    path = path or resource_path(STORED)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SelfTestError(
            f"the stored probabilities cannot be read ({path.name})", path=path, remedy=_REMEDY
        ) from error
    if not isinstance(stored, dict) or stored.get("schema") != SCHEMA:
        raise SelfTestError(
            f"the stored probabilities have another schema ({path.name})",
            path=path,
            remedy=_REMEDY,
        )
    return stored


def settings_for(file: CheckpointFile, frames: int, device: Device = "auto") -> AnalysisSettings:
    """One window of the checkpoint's own length, enough to compare and quick; in 32 bits, whose
    results hold on any machine."""
    return AnalysisSettings(
        frames=frames,
        budget_frames=frames,
        checkpoint=file.path,
        device=device,
        precision="exact",
    )


def score_sample(
    sample: Path, settings: AnalysisSettings, cancel: CancelToken | None = None
) -> SampleScore:
    """One sample through the engine.

    Raises:
        SelfTestError: if no face was found in it.
        DeepfakeDesktopError: whatever the engine raises.
        Cancelled: soon after ``cancel`` was set.
    """
    from deepfake_desktop.core.analysis import analyze

    for event in analyze(AnalysisRequest(sample, settings), cancel=cancel):
        if isinstance(event, Finished):
            tracks = event.analysis.tracks
            if not tracks:
                raise SelfTestError(f"no face was found in {sample.name}", path=sample)
            deciding = max(tracks, key=lambda track: track.frames)
            return SampleScore(deciding.p_fake, deciding.logit)
    raise SelfTestError(f"the engine gave no result for {sample.name}", path=sample)


def sample_sha256(name: str) -> str:
    return hashlib.sha256(resource_path(f"samples/{name}").read_bytes()).hexdigest()


def _sample_checks(stored: Mapping[str, Any]) -> list[Check]:
    return [_sample_check(name, stored) for name in SAMPLES]


def _sample_check(name: str, stored: Mapping[str, Any]) -> Check:
    try:
        same = sample_sha256(name) == stored["samples"][name]
    except (OSError, KeyError):
        return Check(False, f"the sample {name} is missing")
    return Check(same, f"the sample {name} is {'as released' if same else 'another file'}")


def _checkpoint_checks(
    file: CheckpointFile, stored: Mapping[str, Any], device: Device, cancel: CancelToken | None
) -> list[Check]:
    name = file.path.name
    try:
        card, summary = describe(file)  # holds sha256 against the card
    except DeepfakeDesktopError as error:
        return [Check(False, f"{name}: {error.reason}")]
    entry = stored["checkpoints"].get(summary.sha256)
    if entry is None:
        text = f"{name}: no probabilities are stored for these weights ({summary.sha256[:12]}…)"
        return [Check(not is_bundled(file), text)]
    checks = [Check(True, f"{name}: the weights are those of its card")]
    order = list(card.classes)
    if order != entry["classes"]:
        checks.append(
            Check(
                False,
                f"{name}: its card says the class order [{', '.join(order)}], it was released "
                f"with [{', '.join(entry['classes'])}]: REAL and FAKE are swapped",
            )
        )

    def compare(sample: str, settings: AnalysisSettings, where: str, tolerance: float) -> Check:
        try:
            found = score_sample(resource_path(f"samples/{sample}"), settings, cancel)
        except DeepfakeDesktopError as error:
            return Check(False, f"{where}: {error.reason}")
        return _compare(where, found, entry["scores"][sample], tolerance)

    exact = settings_for(file, entry["frames"], device)
    compared = [compare(sample, exact, f"{name}, {sample}", TOLERANCE) for sample in SAMPLES]
    if all(check.passed for check in compared) and short_dtype(choose_device(device)) is not None:
        sample, short = SAMPLES[-1], replace(exact, precision="auto")
        compared.append(compare(sample, short, f"{name}, {sample}, in 16 bits", TOLERANCE_16_BITS))
    return checks + compared


def _compare(
    where: str, found: SampleScore, expected: Mapping[str, float], tolerance: float
) -> Check:
    shift = max(
        abs(found.p_fake - expected["p_fake"]),
        abs(found.logit - expected["logit"]) / LOGIT_UNIT,
    )
    text = (
        f"{where}: {found.p_fake:.3f} fake (logit {found.logit:+.2f}), released with "
        f"{expected['p_fake']:.3f} (logit {expected['logit']:+.2f}), tolerance {tolerance:g}"
    )
    return Check(shift <= tolerance, text)
