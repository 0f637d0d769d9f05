"""From scores to the figures of a results table.

Families, reals and fakes are those of ``layouts``; intervals are bootstrapped over groups
(``metrics``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepfake_desktop.core.cards import calibrated
from deepfake_desktop.core.types import Thresholds
from deepfake_desktop.training import metrics
from deepfake_desktop.training.layouts import LabelledClip
from deepfake_desktop.training.scoring import ScoredClip, judge

FAMILIES = ("face swap", "lip sync", "talking head", "reenactment", "other")
LABELS = ("FAKE", "REAL", "INCONCLUSIVE", "NO FACE")


@dataclass(frozen=True, slots=True)
class Measured:
    """A clip, what the engine found in it, and the two numbers everything rests on.

    ``logit`` is the uncalibrated video score. A clip without a face has none; it counts as
    ``neutral_logit``, a coin toss, so that a detector gains nothing by finding no face.
    """

    clip: LabelledClip
    score: ScoredClip
    logit: float
    scored: bool


def neutral_logit(calibration: Mapping[str, Any]) -> float:
    """The uncalibrated logit that the calibration calls even odds."""
    low, high = -60.0, 60.0
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (middle, high) if calibrated(middle, calibration) < 0.5 else (low, middle)
    return high


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as arrays, in one order."""

    fake: metrics.Bools
    logits: metrics.Floats
    groups: list[str]

    @classmethod
    def of(cls, rows: Sequence[Measured]) -> Table:
        return cls(
            np.asarray([row.clip.fake for row in rows], dtype=bool),
            np.asarray([row.logit for row in rows], dtype=np.float64),
            [row.clip.group for row in rows],
        )


def by_family(rows: Sequence[Measured]) -> dict[str, list[Measured]]:
    """Each family's fakes with all real clips; "all" first. Families without a fake are absent."""
    reals = [row for row in rows if not row.clip.fake]
    result = {"all": list(rows)}
    for family in FAMILIES:
        fakes = [row for row in rows if row.clip.family == family]
        if fakes:
            result[family] = reals + fakes
    return result


def figures(
    rows: Sequence[Measured],
    *,
    calibration: Mapping[str, Any],
    thresholds: Thresholds,
    draws: int = metrics.DRAWS,
) -> dict[str, Any]:
    """Everything about one condition, ready for JSON."""
    verdicts = {
        row.clip.name: judge(row.score.tracks, calibration, thresholds).label for row in rows
    }
    return {
        "clips": len(rows),
        "families": {
            family: _ranking(part, calibration, draws) for family, part in by_family(rows).items()
        },
        "verdicts": _verdict_counts(rows, verdicts),
        "calibration": _calibration(rows, calibration),
    }


def _ranking(
    rows: Sequence[Measured], calibration: Mapping[str, Any], draws: int
) -> dict[str, Any]:
    table = Table.of(rows)
    p = np.asarray([calibrated(x, calibration) for x in table.logits])

    def interval(statistic: metrics.Statistic, values: metrics.Floats) -> dict[str, float | None]:
        return metrics.bootstrap(statistic, table.fake, values, table.groups, draws=draws).to_json()

    return {
        "real": int((~table.fake).sum()),
        "fake": int(table.fake.sum()),
        "groups": len(set(table.groups)),
        "without_face": sum(not row.scored for row in rows),
        "auc": interval(metrics.auc, table.logits),
        "eer": interval(metrics.eer, table.logits),
        "accuracy": interval(metrics.accuracy, p),
        "balanced_accuracy": interval(metrics.balanced_accuracy, p),
    }


def _verdict_counts(rows: Sequence[Measured], verdicts: Mapping[str, str]) -> dict[str, Any]:
    """Counts by family (reals are a family here), and the rates that matter to a user."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row.clip.family, Counter())[verdicts[row.clip.name]] += 1
    real = counts.get("real", Counter())
    fake: Counter[str] = sum((c for f, c in counts.items() if f != "real"), Counter())

    def rate(counter: Counter[str], label: str) -> float | None:
        total = counter.total()
        return round(counter[label] / total, 4) if total else None

    return {
        "counts": {f: {label: c[label] for label in LABELS} for f, c in sorted(counts.items())},
        "false_positive_rate": rate(real, "FAKE"),
        "inconclusive_rate_real": rate(real, "INCONCLUSIVE"),
        "inconclusive_rate_fake": rate(fake, "INCONCLUSIVE"),
        "inconclusive_rate": rate(real + fake, "INCONCLUSIVE"),
        "detection_rate": rate(fake, "FAKE"),
        "false_negative_rate": rate(fake, "REAL"),
    }


def _calibration(rows: Sequence[Measured], calibration: Mapping[str, Any]) -> dict[str, Any]:
    """Calibration at even odds: both classes weigh the same, however many clips they have."""
    table = Table.of(rows)
    p = np.asarray([calibrated(x, calibration) for x in table.logits])
    return calibration_figures(table.fake, table.logits, p)


def calibration_figures(
    fake: metrics.Bools, logits: metrics.Floats, p: metrics.Floats
) -> dict[str, Any]:
    weights = metrics.class_weights(fake)
    log_ratio = metrics.logit(np.clip(p, 1e-6, 1.0 - 1e-6))
    return {
        "ece": metrics.finite_or_none(metrics.ece(fake, p, weights=weights)),
        "cllr": metrics.finite_or_none(metrics.cllr(fake, log_ratio)),
        "min_cllr": metrics.finite_or_none(metrics.min_cllr(fake, logits)),
        "bins": [
            {
                "low": b.low,
                "high": b.high,
                "count": b.count,
                "mean_p": round(b.mean_p, 4),
                "share_fake": round(b.share_fake, 4),
            }
            for b in metrics.reliability(fake, p, weights=weights)
        ],
    }


def per_clip(
    rows: Sequence[Measured], *, calibration: Mapping[str, Any], thresholds: Thresholds
) -> list[dict[str, Any]]:
    """One line a clip, the wrongest first: for looking at what fails."""
    lines = []
    for row in rows:
        p = calibrated(row.logit, calibration)
        lines.append(
            {
                "name": row.clip.name,
                "fake": row.clip.fake,
                "family": row.clip.family,
                "method": row.clip.method,
                "group": row.clip.group,
                "logit": round(row.logit, 4),
                "p_fake": round(p, 4),
                "label": judge(row.score.tracks, calibration, thresholds).label,
                "people": len(row.score.tracks),
                "frames": row.score.frames_examined,
                "frames_with_face": row.score.frames_with_face,
                "face_px": round(max((t.median_face_px for t in row.score.tracks), default=0.0)),
                "wall_s": round(row.score.wall_s, 2),
            }
        )
    return sorted(lines, key=lambda line: _wrongness(line), reverse=True)


def _wrongness(line: Mapping[str, Any]) -> float:
    return float(1.0 - line["p_fake"] if line["fake"] else line["p_fake"])
