"""Would another way from windows to a video's score separate better?

The engine averages the logits of a face's windows, weighted by frames, and lets the most
suspicious face decide (``core.verdict``). Here the same windows are pooled in other ways. A
difference counts only where its 95 % interval, bootstrapped over groups on the same draws for
both, leaves zero out; and since the best of several is chosen by looking, ``held_out`` says what
the choice is worth on groups that had no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from deepfake_desktop.core.types import TrackResult
from deepfake_desktop.training import metrics
from deepfake_desktop.training.calibrate import FOLDS, deal_groups
from deepfake_desktop.training.figures import Measured, Table

Pool = Callable[[Sequence[float]], float]


def _top(share: float) -> Pool:
    def pool(logits: Sequence[float]) -> float:
        count = max(1, round(share * len(logits)))
        return float(np.mean(sorted(logits)[-count:]))

    return pool


POOLS: Mapping[str, Pool] = {
    "mean of logits": lambda x: float(np.mean(x)),
    "mean of probabilities": lambda x: float(np.mean(1.0 / (1.0 + np.exp(-np.asarray(x))))),
    "median": lambda x: float(np.median(x)),
    "highest window": max,
    "lowest window": min,
    "mean of the highest half": _top(0.5),
}
PRESENT = "as shipped"


def video_score(tracks: Sequence[TrackResult], pool: Pool) -> float | None:
    """One number for a video; None without a face. Unclear faces are passed over where there are
    clear ones, and the most suspicious one decides, as in the engine."""
    chosen = [track for track in tracks if not track.notes] or tracks
    scores = [pool([window.logit for window in track.windows]) for track in chosen]
    return max(scores, default=None)


def compare(rows: Sequence[Measured], *, draws: int, folds: int = FOLDS) -> dict[str, Any]:
    """AUC over all families of every way, its difference to the present one, and the AUC of the
    way chosen by the other folds; ready for JSON."""
    table = Table.of(rows)
    ways = {PRESENT: table.logits}
    for name, pool in POOLS.items():
        scores = [video_score(row.score.tracks, pool) for row in rows]
        middle = float(np.median([score for score in scores if score is not None]))
        ways[name] = np.asarray([middle if score is None else score for score in scores])
    index = np.arange(len(rows), dtype=np.float64)

    def auc(scores: metrics.Floats) -> metrics.Statistic:
        return lambda fake, at: metrics.auc(fake, scores[at.astype(int)])

    def difference(scores: metrics.Floats) -> metrics.Statistic:
        return lambda fake, at: auc(scores)(fake, at) - auc(table.logits)(fake, at)

    def interval(statistic: metrics.Statistic) -> dict[str, float | None]:
        return metrics.bootstrap(statistic, table.fake, index, table.groups, draws=draws).to_json()

    fold_of = np.asarray(deal_groups(rows, folds))
    chosen = {
        int(fold): max(ways, key=lambda w: metrics.auc(table.fake[seen], ways[w][seen]))
        for fold in np.unique(fold_of)
        for seen in [fold_of != fold]
    }
    # Ways have different scales: within a fold, pairs of real and fake are compared.
    held_out = {"present": _within(table, table.logits, fold_of), "chosen": 0.0}
    picked = np.zeros(len(rows))
    for fold, way in chosen.items():
        picked[fold_of == fold] = ways[way][fold_of == fold]
    held_out["chosen"] = _within(table, picked, fold_of)
    return {
        "ways": {
            name: {"auc": interval(auc(scores)), "difference": interval(difference(scores))}
            for name, scores in ways.items()
        },
        "held_out": {
            "chosen_by_fold": [chosen[fold] for fold in sorted(chosen)],
            "auc_within_folds": {k: metrics.finite_or_none(v) for k, v in held_out.items()},
        },
    }


def _within(table: Table, scores: metrics.Floats, fold_of: np.ndarray[Any, Any]) -> float:
    """AUC over the pairs of a real and a fake that lie in one fold."""
    right = total = 0.0
    for fold in np.unique(fold_of):
        part = fold_of == fold
        pairs = float(table.fake[part].sum() * (~table.fake[part]).sum())
        if pairs:
            right += pairs * metrics.auc(table.fake[part], scores[part])
            total += pairs
    return right / total if total else float("nan")
