"""From network logits to probabilities one may quote, and to thresholds one may act on.

All is fitted on clips nothing was trained on, at even odds: both classes weigh the same, so that
P(fake) is the posterior for a prior of one half and its logit a log-likelihood ratio.

What is *reported* is cross-fitted: the groups are dealt into folds, each fold is judged under a
calibration and thresholds fitted without it. What is *shipped* is fitted on all groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from deepfake_desktop.core.cards import Card, calibrated
from deepfake_desktop.core.types import Thresholds
from deepfake_desktop.training import metrics
from deepfake_desktop.training.figures import Measured, Table, calibration_figures
from deepfake_desktop.training.scoring import judge

Method = Literal["platt", "temperature", "isotonic"]
METHODS: tuple[Method, ...] = ("platt", "temperature", "isotonic")

MOST_FALSE_POSITIVES = 0.05
MOST_INCONCLUSIVE = 0.20
EVEN_ODDS = 0.5
FOLDS = 5
_LEAST_SCALE = 1e-3
_PRIOR_COUNT = 1.0


def fit(method: Method, fake: metrics.Bools, logits: metrics.Floats) -> dict[str, Any]:
    """A calibration as cards hold it.

    ``platt``: logistic regression of the class on the logit (Platt, 1999), slightly regularised
    by his smoothed targets. ``temperature``: the same with no offset (Guo et al., 2017).
    ``isotonic``: the monotone step function (Zadrozny and Elkan, 2002), joined by lines.

    Raises:
        ValueError: if one class is missing.
    """
    if not fake.any() or fake.all():
        raise ValueError("calibration needs clips of both classes")
    if method == "isotonic":
        return _fit_isotonic(fake, logits)
    return _fit_logistic(fake, logits, with_offset=method == "platt")


def _fit_logistic(
    fake: metrics.Bools, logits: metrics.Floats, *, with_offset: bool
) -> dict[str, Any]:
    from scipy.optimize import minimize

    weights = metrics.class_weights(fake)
    n_fake, n_real = int(fake.sum()), int((~fake).sum())
    target = np.where(fake, (n_fake + 1.0) / (n_fake + 2.0), 1.0 / (n_real + 2.0))
    spread = float(logits.std()) or 1.0

    def loss(parameters: metrics.Floats) -> float:
        scale = np.exp(parameters[0]) / spread  # above zero: a detector is not turned around
        z = scale * logits + (parameters[1] if with_offset else 0.0)
        return float(np.average(np.logaddexp(0.0, z) - target * z, weights=weights))

    found = minimize(loss, np.zeros(2 if with_offset else 1), method="Nelder-Mead",
                     options={"xatol": 1e-6, "fatol": 1e-10, "maxiter": 4000})  # fmt: skip
    scale = max(float(np.exp(found.x[0])) / spread, _LEAST_SCALE)
    offset = float(found.x[1]) if with_offset else 0.0
    return {"method": "platt", "scale": round(scale, 6), "offset": round(offset, 6)}


def _fit_isotonic(fake: metrics.Bools, logits: metrics.Floats) -> dict[str, Any]:
    from sklearn.isotonic import IsotonicRegression

    weights = metrics.class_weights(fake)
    # One imagined clip of each class beyond each end: no certainty from a few dozen clips.
    low, high = float(logits.min()), float(logits.max())
    x = np.concatenate([logits, [low, low, high, high]])
    y = np.concatenate([fake.astype(float), [0.0, 1.0, 0.0, 1.0]])
    w = np.concatenate([weights, np.full(4, 0.5 * _PRIOR_COUNT)])
    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(x, y, w)
    points, values = model.X_thresholds_, model.y_thresholds_
    if len(points) < 2:
        points, values = np.asarray([low, low + 1.0]), np.asarray([values[0], values[0]])
    return {
        "method": "isotonic",
        "logit": [round(float(v), 6) for v in points],
        "p": [round(float(v), 6) for v in values],
    }


def choose_thresholds(
    rows: Sequence[Measured],
    calibration: Mapping[str, Any],
    *,
    highest_real: float = EVEN_ODDS,
    seen: Sequence[Measured] = (),
) -> Thresholds:
    """The pair that calls at most 5 % of the real clips FAKE and leaves at most 20 % open.

    ``seen``: real clips that training saw. Calibrated on they must not be, since a detector knows
    them; but where even they are called FAKE, so will others be, and the limit holds for them and
    ``rows`` together as well.

    Verdicts are the engine's own (a video with thin evidence stays INCONCLUSIVE whatever the
    thresholds). The fake threshold is the lowest that keeps the false positives; the real
    threshold the lowest that leaves at most 20 % INCONCLUSIVE among the real clips and among all:
    lower means fewer fakes called REAL. Nothing is called FAKE below even odds, nor REAL above
    ``highest_real``, as shipped even odds too: a weak detector stays INCONCLUSIVE more often than
    wished rather than say what it does not believe.
    """
    p = sorted({round(calibrated(row.logit, calibration), 6) for row in (*rows, *seen)})
    # Halfway between neighbouring clips, so that no clip stands on a threshold.
    cuts = [0.5 * (a + b) for a, b in pairwise(p)]
    candidates = [*cuts, min(1.0, p[-1] + 1e-3)]

    def labels_of(some: Sequence[Measured], thresholds: Thresholds) -> list[str]:
        return [judge(row.score.tracks, calibration, thresholds).label for row in some]

    def rates(thresholds: Thresholds) -> tuple[float, float]:
        labels = labels_of(rows, thresholds)
        real = [x for x, row in zip(labels, rows, strict=True) if not row.clip.fake]
        more = [*real, *labels_of(seen, thresholds)]
        accused = max(some.count("FAKE") / max(len(some), 1) for some in (real, more))
        open_real = real.count("INCONCLUSIVE") / max(len(real), 1)
        open_all = labels.count("INCONCLUSIVE") / len(labels)
        return accused, max(open_real, open_all)

    # With REAL from nowhere, no window speaks against a FAKE: whatever the real threshold will be,
    # there are no more of them.
    fake = next(
        (t for t in candidates if rates(Thresholds(0.0, t))[0] <= MOST_FALSE_POSITIVES),
        candidates[-1],
    )
    fake = max(fake, EVEN_ODDS)
    highest = min(highest_real, fake)
    below = [t for t in candidates if t < highest]
    real = next((t for t in below if rates(Thresholds(t, fake))[1] <= MOST_INCONCLUSIVE), highest)
    return Thresholds(real=round(real, 6), fake=round(fake, 6))


def deal_groups(rows: Sequence[Measured], folds: int = FOLDS) -> list[int]:
    """A fold for every row. Groups stay together; each goes where its classes are scarcest."""
    sizes: dict[str, list[int]] = {}
    for row in rows:
        sizes.setdefault(row.clip.group, [0, 0])[int(row.clip.fake)] += 1
    totals = np.zeros((folds, 2))
    fold_of: dict[str, int] = {}
    for group, counts in sorted(sizes.items(), key=lambda item: (-sum(item[1]), item[0])):
        share = np.asarray(counts) / sum(counts)
        fold = int(np.argmin(totals @ share))
        totals[fold] += counts
        fold_of[group] = fold
    return [fold_of[row.clip.group] for row in rows]


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Held-out P(fake) and label of every row, in order."""

    p: metrics.Floats
    labels: list[str]


def cross_fit(
    rows: Sequence[Measured],
    method: Method,
    *,
    folds: int = FOLDS,
    highest_real: float = EVEN_ODDS,
    seen: Sequence[Measured] = (),
) -> CrossFit:
    """Judge each fold under a calibration and thresholds that never saw its groups. ``seen``: as in
    ``choose_thresholds``, for every fold.

    Raises:
        ValueError: if some fold leaves one class alone.
    """
    fold_of = np.asarray(deal_groups(rows, folds))
    p = np.zeros(len(rows))
    labels = [""] * len(rows)
    for fold in np.unique(fold_of):
        others = [row for row, f in zip(rows, fold_of, strict=True) if f != fold]
        table = Table.of(others)
        calibration = fit(method, table.fake, table.logits)
        thresholds = choose_thresholds(others, calibration, highest_real=highest_real, seen=seen)
        for index in np.flatnonzero(fold_of == fold).tolist():
            row = rows[index]
            p[index] = calibrated(row.logit, calibration)
            labels[index] = judge(row.score.tracks, calibration, thresholds).label
    return CrossFit(p, labels)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What goes into the card, and the held-out figures that say what it is worth."""

    calibration: dict[str, Any]
    thresholds: Thresholds
    figures: dict[str, Any]


def calibrate(
    rows: Sequence[Measured],
    *,
    method: Method | None = None,
    folds: int = FOLDS,
    seen: Sequence[Measured] = (),
) -> Calibrated:
    """Fit on all rows; measure by cross-fitting. Without ``method``, Platt and temperature are
    compared by held-out Cllr (isotonic needs more clips than a few dozen to be trusted). ``seen``:
    as in ``choose_thresholds``.

    Raises:
        ValueError: if there are not clips of both classes in enough groups.
    """
    table = Table.of(rows)
    candidates: tuple[Method, ...] = (method,) if method else ("platt", "temperature")
    tried = {name: cross_fit(rows, name, folds=folds, seen=seen) for name in candidates}

    def cost(name: Method) -> float:
        p = np.clip(tried[name].p, 1e-6, 1.0 - 1e-6)
        return metrics.cllr(table.fake, metrics.logit(p))

    best = min(tried, key=cost)
    calibration = fit(best, table.fake, table.logits)
    held_out = calibration_figures(table.fake, table.logits, tried[best].p)
    held_out["verdicts"] = _rates(table.fake, tried[best].labels)
    return Calibrated(
        calibration=calibration,
        thresholds=choose_thresholds(rows, calibration, seen=seen),
        figures={
            "method": best,
            "folds": folds,
            "clips": len(rows),
            "groups": len(set(table.groups)),
            "held_out_cllr_by_method": {name: round(cost(name), 4) for name in tried},
            "held_out": held_out,
        },
    )


def thresholds_tried(
    rows: Sequence[Measured],
    calibration: Mapping[str, Any],
    shipped: Thresholds,
    *,
    seen: Sequence[Measured] = (),
) -> dict[str, Any]:
    """What other thresholds would do, ready for JSON.

    ``pairs``: the shipped FAKE threshold with other REAL thresholds. ``both_limits``: the pair
    that keeps to both limits of ``choose_thresholds`` even where REAL must then be said above even
    odds, and its rates on held-out groups.
    """
    fake = Table.of(rows).fake

    def rates(thresholds: Thresholds) -> dict[str, Any]:
        labels = [judge(row.score.tracks, calibration, thresholds).label for row in rows]
        return {**asdict(thresholds), **_rates(fake, labels)}

    steps = [round(0.05 * k, 2) for k in range(21)]
    p = [calibrated(row.logit, calibration) for row in rows]
    inside = [t for t in steps if min(p) - 0.05 < t < min(shipped.fake, max(p) + 0.05)]
    both = choose_thresholds(rows, calibration, highest_real=1.0, seen=seen)
    method: Method = "isotonic" if calibration.get("method") == "isotonic" else "platt"
    held_out = cross_fit(rows, method, highest_real=1.0, seen=seen)
    return {
        "pairs": [rates(Thresholds(t, shipped.fake)) for t in sorted({*inside, shipped.real})],
        "both_limits": {**rates(both), "held_out": _rates(fake, held_out.labels)},
    }


def verdicts_of_seen(
    seen: Sequence[Measured], calibration: Mapping[str, Any], thresholds: Thresholds
) -> dict[str, Any]:
    """What real clips that training saw are called, ready for JSON; ``{}`` where there are none."""
    if not seen:
        return {}
    labels = [judge(row.score.tracks, calibration, thresholds).label for row in seen]
    return {
        "real": len(seen),
        "false_positive_rate": round(labels.count("FAKE") / len(seen), 4),
        "inconclusive_rate_real": round(labels.count("INCONCLUSIVE") / len(seen), 4),
    }


def _rates(fake: metrics.Bools, labels: Sequence[str]) -> dict[str, float]:
    names = np.asarray(labels)
    return {
        "false_positive_rate": round(float(np.mean(names[~fake] == "FAKE")), 4),
        "false_negative_rate": round(float(np.mean(names[fake] == "REAL")), 4),
        "detection_rate": round(float(np.mean(names[fake] == "FAKE")), 4),
        "inconclusive_rate_real": round(float(np.mean(names[~fake] == "INCONCLUSIVE")), 4),
        "inconclusive_rate": round(float(np.mean(names == "INCONCLUSIVE")), 4),
    }


def calibrated_card(card: Card, fitted: Calibrated, families: Mapping[str, Any]) -> Card:
    """``card`` with calibration, thresholds and what was measured; its other metrics stay."""
    measured = {
        family: {
            "fake": row["fake"],
            "real": row["real"],
            "groups": row["groups"],
            "auc": row["auc"],
            "eer": row["eer"],
        }
        for family, row in families.items()
    }
    return replace(
        card,
        calibration=fitted.calibration,
        thresholds=fitted.thresholds,
        metrics={**card.metrics, "measured": measured, "calibration": fitted.figures},
    )
