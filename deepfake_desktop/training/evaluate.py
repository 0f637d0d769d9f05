"""Measure a checkpoint on labelled videos, under every condition of the results table.

The main condition goes through the product's ``analyze``. Everything else, and with
``Plan.from_crops`` that too, goes through the same stages on kept faces (``crop_store``), which
gives the same scores: faces are found once, a further checkpoint costs its network alone.
Sequence lengths and single frames are cut from the longest windows (``lengths``).
"""

from __future__ import annotations

import logging
import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointFile, describe, sha256_of
from deepfake_desktop.core.errors import MediaError
from deepfake_desktop.core.types import AnalysisSettings, CancelToken
from deepfake_desktop.core.versions import software_versions
from deepfake_desktop.training import meso4, metrics
from deepfake_desktop.training.aggregation import compare
from deepfake_desktop.training.calibrate import thresholds_tried, verdicts_of_seen
from deepfake_desktop.training.crop_store import CropStore, StoredEngine
from deepfake_desktop.training.figures import Measured, figures, neutral_logit, per_clip
from deepfake_desktop.training.jobs import Worsening, jobs_of, to_measure
from deepfake_desktop.training.layouts import LabelledClip
from deepfake_desktop.training.lengths import RecutEngine
from deepfake_desktop.training.made import measure_made
from deepfake_desktop.training.robustness import DEGRADATIONS
from deepfake_desktop.training.scoring import (
    KEYED_SETTINGS,
    Engine,
    Job,
    ResultsFile,
    ScoredClip,
    run_product,
    score_all,
    video_logit,
)
from deepfake_desktop.training.subgroups import by_angle, score_portraits

MAIN = "as shipped"
SEEN = "seen in training"
LARGEST_DIFFERENCE = 1e-3

log = logging.getLogger(__name__)


def measured(
    clips: Sequence[LabelledClip], scores: Mapping[str, ScoredClip], *, neutral: float
) -> list[Measured]:
    """Scores with their clips. Clips that cannot be analysed are left out; their error was
    logged."""
    rows = []
    for clip in clips:
        score = scores[clip.name]
        if score.error is None:
            logit = video_logit(score.tracks)
            rows.append(
                Measured(clip, score, neutral if logit is None else logit, logit is not None)
            )
    return rows


MESO4_ROWS = ("Meso-4, single frame", "Meso-4, mean of {frames} frames")


@dataclass(frozen=True, slots=True)
class Made:
    """Made fakes of people never trained on (``made``): from which run's faces, how many pairs."""

    run: Path
    pairs: int = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured. ``degraded_s``: worsened copies hold the first so many seconds;
    ``from_crops``: the main condition too is scored on kept faces, and ``checked`` of its clips by
    ``analyze`` as well; ``meso4``: the weights of the baseline; ``portraits``: a folder for
    ``subgroups``."""

    settings: AnalysisSettings
    lengths: tuple[int, ...] = ()
    single_frame: bool = True
    degradations: tuple[str, ...] = ()
    degraded_s: float | None = 3.0
    include_trainable: bool = False
    from_crops: bool = False
    checked: int = 3
    made: Made | None = None
    meso4: Path | None = None
    portraits: Path | None = None
    draws: int = metrics.DRAWS

    def lengths_by_name(self) -> dict[str, int]:
        single = {"single frame": 1} if self.single_frame else {}
        return {**single, **{f"{n} frames": n for n in self.lengths}}

    def steps(self, clips: int, seen: int) -> int:
        """How often ``advance`` will be called."""
        conditions = 1 + len(self.lengths_by_name()) + len(self.degradations)
        conditions += len(MESO4_ROWS) if self.meso4 is not None else 0
        return clips * conditions + seen + (self.made.pairs if self.made is not None else 0)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``report`` is ready for JSON; ``rows`` are the main condition's; ``seen`` are real clips that
    training may have seen, in no figure but their own."""

    report: dict[str, Any]
    rows: list[Measured]
    seen: list[Measured]


def keep_crops(
    folder: Path,
    plan: Plan,
    *,
    crops: CropStore,
    cancel: CancelToken | None = None,
    begin: Callable[[int], None] = lambda clips: None,
    advance: Callable[[str], None] = lambda name: None,
) -> None:
    """Find the faces of everything that ``plan`` measures, but for the made fakes. What is kept
    already is passed over, so a run that was stopped goes on.

    Raises:
        UsageError: if the folder holds nothing that can be measured.
        Cancelled: if ``cancel`` was called.
    """
    cancel = cancel or CancelToken()
    chosen = to_measure(folder, plan.include_trainable)
    jobs, seen = jobs_of(chosen.clips), jobs_of(chosen.seen)
    passes: list[tuple[str, Sequence[Job], AnalysisSettings]] = [
        (MAIN, jobs, plan.settings),
        (SEEN, seen, plan.settings),
    ]
    with tempfile.TemporaryDirectory(prefix="deepfake-desktop-") as scratch:
        if lengths := plan.lengths_by_name():
            longest = replace(plan.settings, frames=max(lengths.values()))
            passes.append((f"{longest.frames} frames", jobs, longest))
        for name in plan.degradations:
            worsening = Worsening(DEGRADATIONS[name], plan.degraded_s)
            passes.append(
                (name, [worsening.job(job, Path(scratch)) for job in jobs], plan.settings)
            )
        begin(sum(len(wanted) for _, wanted, _ in passes))
        for name, wanted, settings in passes:
            for job in wanted:
                if not crops.path(job.video_id, settings).exists():
                    try:
                        crops.get(job, settings, cancel)
                    except MediaError as error:
                        log.warning("%s", error)
                advance(f"{name}: {job.name}")


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
    started = time.perf_counter()
    chosen = to_measure(folder, plan.include_trainable)
    clips = chosen.clips
    card, summary = describe(file)
    begin(plan.steps(len(clips), len(chosen.seen)))
    jobs = jobs_of(clips)
    settings = replace(plan.settings, checkpoint=file.path)
    stored = StoredEngine(crops, file, card, device=settings.device)
    neutral = neutral_logit(card.calibration)

    def score(
        name: str, jobs: Sequence[Job], settings: AnalysisSettings, engine: Engine
    ) -> dict[str, ScoredClip]:
        return score_all(
            jobs,
            checkpoint_sha256=summary.sha256,
            card=card,
            settings=settings,
            results=results,
            engine=engine,
            cancel=cancel,
            advance=lambda clip: advance(f"{name}: {clip}"),
        )

    engine: Engine = stored if plan.from_crops else run_product
    found = {MAIN: score(MAIN, jobs, settings, engine)}
    seen = measured(
        chosen.seen, score(SEEN, jobs_of(chosen.seen), settings, engine), neutral=neutral
    )
    lengths = plan.lengths_by_name()
    if lengths:
        recut = RecutEngine(stored, max(lengths.values()))
        found |= {name: {} for name in lengths}
        for job in jobs:  # clip by clip: its crops are cut once for all lengths
            for name, frames in lengths.items():
                found[name] |= score(
                    name, [recut.job(job)], replace(settings, frames=frames), recut
                )
    with tempfile.TemporaryDirectory(prefix="deepfake-desktop-") as scratch:
        for name in plan.degradations:
            worsening = Worsening(DEGRADATIONS[name], plan.degraded_s)
            worse = [worsening.job(job, Path(scratch)) for job in jobs]
            found[name] = score(name, worse, settings, stored)
    rows = {name: measured(clips, scores, neutral=neutral) for name, scores in found.items()}

    def all_figures(rows: list[Measured], calibration: Mapping[str, Any]) -> dict[str, Any]:
        return figures(rows, calibration=calibration, thresholds=card.thresholds, draws=plan.draws)

    report = {
        "schema": 2,
        "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "folder": folder.name,
        "checkpoint": {
            "name": summary.name,
            "sha256": summary.sha256,
            "backbone": summary.backbone,
            "trace_kinds": list(summary.trace_kinds),
            "patches": summary.patches,
            "image_size": card.image_size,
            "frames": summary.frames,
            "calibration": dict(card.calibration),
            "thresholds": asdict(card.thresholds),
            "metrics": dict(card.metrics),
        },
        "engine": "stages on kept faces" if plan.from_crops else "analyze",
        "settings": {name: getattr(plan.settings, name) for name in KEYED_SETTINGS},
        "degraded_s": plan.degraded_s,
        "bootstrap_draws": plan.draws,
        "software": dict(software_versions()),
        "clips": {
            "in_folder": chosen.in_folder,
            "left_out_as_training_clips": chosen.left_out,
            "measured": len(rows[MAIN]),
            "not_readable": len(clips) - len(rows[MAIN]),
            "groups": len({row.clip.group for row in rows[MAIN]}),
        },
        "conditions": {name: all_figures(part, card.calibration) for name, part in rows.items()},
        "thresholds_tried": thresholds_tried(
            rows[MAIN], card.calibration, card.thresholds, seen=seen
        ),
        "seen_in_training": verdicts_of_seen(seen, card.calibration, card.thresholds),
        "aggregation": compare(rows[MAIN], draws=plan.draws),
        "by_clip": per_clip(rows[MAIN], calibration=card.calibration, thresholds=card.thresholds),
    }
    if plan.from_crops and plan.checked:
        report["checked_against_analyze"] = check_against_product(
            jobs, found[MAIN], settings, count=plan.checked, cancel=cancel
        )
    if plan.meso4 is not None:
        report["baselines"] = {
            name: all_figures(part, {"method": "none"})
            for name, part in measure_meso4(
                plan.meso4, clips, jobs, file, settings, longest=max(lengths.values(), default=1),
                results=results, crops=crops, cancel=cancel, advance=advance,
            ).items()
        }  # fmt: skip
    if plan.made is not None:
        report["made_fakes"] = measure_made(
            plan.made.run, file, card, folder=crops.folder, pairs=plan.made.pairs,
            draws=plan.draws, cancel=cancel, advance=advance,
        )  # fmt: skip
    if plan.portraits is not None:
        report["portraits"] = by_angle(score_portraits(plan.portraits, file))
    report["wall_s"] = round(time.perf_counter() - started, 1)
    return Evaluation(report, rows[MAIN], seen)


def measure_meso4(
    weights: Path,
    clips: Sequence[LabelledClip],
    jobs: Sequence[Job],
    file: CheckpointFile,
    settings: AnalysisSettings,
    *,
    longest: int,
    results: ResultsFile,
    crops: CropStore,
    cancel: CancelToken,
    advance: Callable[[str], None],
) -> dict[str, list[Measured]]:
    """The baseline on the very frames of "single frame" and of the main condition, uncalibrated.

    Raises:
        CheckpointError: if ``weights`` is no state of Meso-4.
    """
    card = Card(("fake", "real"), crop_margin=meso4.CROP_MARGIN, image_size=meso4.SIDE_PX)
    scorer = meso4.MesoScorer(meso4.load(weights))
    stored = StoredEngine(crops, file, card, device="cpu", scorer=scorer)
    recut = RecutEngine(stored, longest)
    single, mean = (name.format(frames=settings.frames) for name in MESO4_ROWS)
    found = {}
    for name, wanted, part, engine in (
        (single, [recut.job(job) for job in jobs], replace(settings, frames=1), recut),
        (mean, jobs, settings, stored),
    ):
        scores = score_all(
            wanted,
            checkpoint_sha256=sha256_of(weights),
            card=card,
            settings=part,
            results=results,
            engine=engine,
            cancel=cancel,
            advance=lambda clip, name=name: advance(f"{name}: {clip}"),  # type: ignore[misc]
        )
        found[name] = measured(clips, scores, neutral=0.0)
    return found


def check_against_product(
    jobs: Sequence[Job],
    scores: Mapping[str, ScoredClip],
    settings: AnalysisSettings,
    *,
    count: int,
    cancel: CancelToken,
) -> dict[str, Any]:
    """Analyse ``count`` of the clips whole, and say how far the logits lie from those of the kept
    faces. Infinite where the two do not even find the same faces."""
    known = [job for job in jobs if scores[job.name].error is None]
    chosen = known[:: max(1, len(known) // count)][:count]
    worst = 0.0
    for job in chosen:
        kept = scores[job.name].tracks
        whole = run_product(job, settings, cancel).tracks
        if [len(t.windows) for t in whole] != [len(t.windows) for t in kept]:
            log.error("%s: analyze finds other faces than were kept", job.name)
            worst = math.inf
            continue
        for a, b in zip(whole, kept, strict=True):
            for x, y in zip(a.windows, b.windows, strict=True):
                worst = max(worst, abs(x.logit - y.logit))
    if worst > LARGEST_DIFFERENCE:
        log.error(
            "the scores of kept faces differ from those of analyze: a logit by %g. Keep the faces "
            "in a new folder.",
            worst,
        )
    return {
        "clips": [job.name for job in chosen],
        "largest_logit_difference": metrics.finite_or_none(worst)
        if worst > LARGEST_DIFFERENCE
        else float(f"{worst:.1e}"),
    }
