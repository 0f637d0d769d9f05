"""Measure a checkpoint on labelled videos, under every condition of the results table.

The main condition goes through the product's ``analyze``. Worsened copies go through the same
stages on kept crops (``crop_store``), which gives the same scores and spares decoding twice.
Sequence lengths and single frames are cut from the longest windows (``lengths``).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointFile, describe
from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.core.types import AnalysisSettings, CancelToken
from deepfake_desktop.core.versions import software_versions
from deepfake_desktop.training import metrics
from deepfake_desktop.training.crop_store import CropStore, StoredEngine
from deepfake_desktop.training.figures import Measured, figures, neutral_logit, per_clip
from deepfake_desktop.training.layouts import LabelledClip, read_folder
from deepfake_desktop.training.lengths import RecutEngine
from deepfake_desktop.training.robustness import DEGRADATIONS, Degradation, degrade
from deepfake_desktop.training.scoring import (
    KEYED_SETTINGS,
    Engine,
    Job,
    ResultsFile,
    run_product,
    score_all,
    video_logit,
)

MAIN = "as shipped"


def measurable(clips: Sequence[LabelledClip]) -> tuple[list[LabelledClip], int]:
    """The clips that nothing was trained on, and how many were left out as trainable."""
    kept = [clip for clip in clips if not clip.train_allowed]
    return kept, len(clips) - len(kept)


@dataclass(frozen=True, slots=True)
class Worsening:
    """How a condition changes the clips: what is done to them, to their first ``max_s`` seconds."""

    degradation: Degradation
    max_s: float | None

    def job(self, job: Job, folder: Path) -> Job:
        """The job of the worsened copy, which is written into ``folder`` when it is needed and
        replaces the one before it."""

        def make() -> Path:
            name = hashlib.sha256(job.video_id.encode()).hexdigest()[:16]
            for old in folder.glob("*.mp4"):
                old.unlink()
            target = folder / f"{name}.mp4"
            degrade(job.path(), target, self.degradation, max_s=self.max_s)
            return target

        return Job(job.name, f"{job.video_id}:{self.degradation}:{self.max_s}", make)


def jobs_of(clips: Sequence[LabelledClip]) -> list[Job]:
    """One job a clip; reads every file once, for its sha256."""
    jobs = []
    for clip in clips:
        with clip.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        jobs.append(Job(clip.name, digest, _constant(clip.path)))
    return jobs


def _constant(path: Path) -> Callable[[], Path]:
    return lambda: path


def measure(
    clips: Sequence[LabelledClip],
    jobs: Sequence[Job],
    *,
    checkpoint_sha256: str,
    card: Card,
    settings: AnalysisSettings,
    results: ResultsFile,
    engine: Engine,
    cancel: CancelToken,
    advance: Callable[[str], None] = lambda name: None,
) -> list[Measured]:
    """Score ``jobs`` (one a clip, in order). Clips that cannot be analysed are left out; their
    ``ScoredClip.error`` was logged.

    Raises:
        Cancelled: if ``cancel`` was called; what is done is kept in ``results``.
    """
    scores = score_all(
        jobs,
        checkpoint_sha256=checkpoint_sha256,
        card=card,
        settings=settings,
        results=results,
        engine=engine,
        cancel=cancel,
        advance=advance,
    )
    neutral = neutral_logit(card.calibration)
    rows = []
    for clip in clips:
        score = scores[clip.name]
        if score.error is None:
            logit = video_logit(score.tracks)
            rows.append(
                Measured(clip, score, neutral if logit is None else logit, logit is not None)
            )
    return rows


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured. ``degraded_s``: worsened copies hold the first so many seconds;
    ``from_crops``: the main condition too is scored on kept crops."""

    settings: AnalysisSettings
    lengths: tuple[int, ...] = ()
    single_frame: bool = True
    degradations: tuple[str, ...] = ()
    degraded_s: float | None = 3.0
    include_trainable: bool = False
    from_crops: bool = False
    draws: int = metrics.DRAWS

    def lengths_by_name(self) -> dict[str, int]:
        single = {"single frame": 1} if self.single_frame else {}
        return {**single, **{f"{n} frames": n for n in self.lengths}}

    def conditions(self) -> int:
        return 1 + len(self.lengths_by_name()) + len(self.degradations)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``report`` is ready for JSON; ``rows`` are the main condition's."""

    report: dict[str, Any]
    rows: list[Measured]


def evaluate(
    folder: Path,
    file: CheckpointFile,
    plan: Plan,
    *,
    results: ResultsFile,
    crops: CropStore,
    cancel: CancelToken | None = None,
    begin: Callable[[int], None] = lambda clips: None,
    advance: Callable[[str], None] = lambda name: None,
) -> Evaluation:
    """Measure ``file`` on ``folder``. ``begin`` is told how many scores are needed in all.

    Raises:
        UsageError: if the folder holds nothing that can be measured.
        CheckpointError: if the checkpoint cannot be used.
        Cancelled: if ``cancel`` was called; what is done is kept in ``results``.
    """
    cancel = cancel or CancelToken()
    everything = read_folder(folder)
    clips, left_out = measurable(everything)
    if plan.include_trainable:
        clips, left_out = list(everything), 0
    if not any(clip.fake for clip in clips) or all(clip.fake for clip in clips):
        raise UsageError("needs real and fake videos that nothing was trained on.", path=folder)
    card, summary = describe(file)
    begin(len(clips) * plan.conditions())
    jobs = jobs_of(clips)
    settings = replace(plan.settings, checkpoint=file.path)
    stored = StoredEngine(crops, file, card, device=settings.device)

    def condition(
        name: str, jobs: Sequence[Job], settings: AnalysisSettings, engine: Engine
    ) -> list[Measured]:
        return measure(
            clips,
            jobs,
            checkpoint_sha256=summary.sha256,
            card=card,
            settings=settings,
            results=results,
            engine=engine,
            cancel=cancel,
            advance=lambda clip: advance(f"{name}: {clip}"),
        )

    found = {MAIN: condition(MAIN, jobs, settings, stored if plan.from_crops else run_product)}
    lengths = plan.lengths_by_name()
    if lengths:
        recut = RecutEngine(stored, max(lengths.values()))
        cut_jobs = [recut.job(job) for job in jobs]
        for name, frames in lengths.items():
            found[name] = condition(name, cut_jobs, replace(settings, frames=frames), recut)
    with tempfile.TemporaryDirectory(prefix="deepfake-desktop-") as scratch:
        for name in plan.degradations:
            worsening = Worsening(DEGRADATIONS[name], plan.degraded_s)
            worse = [worsening.job(job, Path(scratch)) for job in jobs]
            found[name] = condition(name, worse, settings, stored)
    rows = found[MAIN]
    return Evaluation(
        {
            "schema": 1,
            "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
            "folder": folder.name,
            "checkpoint": {
                "name": summary.name,
                "sha256": summary.sha256,
                "backbone": summary.backbone,
                "image_size": card.image_size,
                "frames": summary.frames,
                "calibration": dict(card.calibration),
                "thresholds": asdict(card.thresholds),
            },
            "engine": "stages on kept crops" if plan.from_crops else "analyze",
            "settings": {name: getattr(plan.settings, name) for name in KEYED_SETTINGS},
            "degraded_s": plan.degraded_s,
            "bootstrap_draws": plan.draws,
            "software": dict(software_versions()),
            "clips": {
                "in_folder": len(everything),
                "left_out_as_training_clips": left_out,
                "measured": len(rows),
                "not_readable": len(clips) - len(rows),
                "groups": len({row.clip.group for row in rows}),
            },
            "conditions": {
                name: figures(
                    part,
                    calibration=card.calibration,
                    thresholds=card.thresholds,
                    draws=plan.draws,
                )
                for name, part in found.items()
            },
            "by_clip": per_clip(rows, calibration=card.calibration, thresholds=card.thresholds),
        },
        rows,
    )
