"""Figures of merit for a detector, and how sure one may be of them.

Everywhere ``fake`` is a boolean array (True = fake) and a score grows with the evidence for a
fake. ``groups`` names, per clip, the recording or person it belongs to; clips of one group are not
independent, so the bootstrap draws whole groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Statistic = Callable[[Bools, Floats], float]

DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % percentile bootstrap interval over groups."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        return {
            "value": finite_or_none(self.value),
            "low": finite_or_none(self.low),
            "high": finite_or_none(self.high),
        }

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Clips whose P(fake) fell between ``low`` and ``high``: what was said and what was true."""

    low: float
    high: float
    count: int
    mean_p: float
    share_fake: float


def auc(fake: Bools, scores: Floats) -> float:
    """Area under the ROC curve; ties count half. nan where one class is missing.

    The value of scikit-learn's ``roc_auc_score`` in a hundredth of its time on a few dozen clips:
    a table's bootstraps ask for it a hundred thousand times.
    """
    if not fake.any() or fake.all():
        return float("nan")
    real, ours = np.sort(scores[~fake]), scores[fake]
    below = np.searchsorted(real, ours, "left") + np.searchsorted(real, ours, "right")
    return float(below.mean() / (2 * len(real)))


def eer(fake: Bools, scores: Floats) -> float:
    """Equal error rate: where false positives and misses are equally frequent on the ROC curve.

    The curve is joined by straight lines, so the value lies between operating points.
    """
    if not fake.any() or fake.all():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], fake[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)  # of equal scores
    fpr = np.append(0.0, np.cumsum(~hits)[last] / np.sum(~hits))
    tpr = np.append(0.0, np.cumsum(hits)[last] / np.sum(hits))
    gap = fpr - (1.0 - tpr)  # grows from -1 to 1
    after = int(np.argmax(gap >= 0.0))
    if after == 0:
        return float(fpr[0])
    share = -gap[after - 1] / (gap[after] - gap[after - 1])
    return float(fpr[after - 1] + share * (fpr[after] - fpr[after - 1]))


def accuracy(fake: Bools, p: Floats, *, threshold: float = 0.5) -> float:
    """Share of clips on the right side of ``threshold``."""
    return float(np.mean((p >= threshold) == fake))


def balanced_accuracy(fake: Bools, p: Floats, *, threshold: float = 0.5) -> float:
    """Mean of the two classes' accuracies: what remains when the class sizes do not matter."""
    if not fake.any() or fake.all():
        return float("nan")
    right = (p >= threshold) == fake
    return float((right[fake].mean() + right[~fake].mean()) / 2.0)


def class_weights(fake: Bools) -> Floats:
    """Weights that give both classes the same total, and sum to the number of clips."""
    n, n_fake = len(fake), int(fake.sum())
    if n_fake in (0, n):
        return np.ones(n)
    return np.where(fake, n / (2.0 * n_fake), n / (2.0 * (n - n_fake)))


def reliability(
    fake: Bools, p: Floats, *, bins: int = 10, weights: Floats | None = None
) -> tuple[ReliabilityBin, ...]:
    """Equal-width bins of P(fake) that hold at least one clip."""
    w = np.ones(len(p)) if weights is None else weights
    index = np.clip((p * bins).astype(int), 0, bins - 1)
    result = []
    for k in range(bins):
        inside = index == k
        if inside.any():
            result.append(
                ReliabilityBin(
                    low=k / bins,
                    high=(k + 1) / bins,
                    count=int(inside.sum()),
                    mean_p=float(np.average(p[inside], weights=w[inside])),
                    share_fake=float(np.average(fake[inside], weights=w[inside])),
                )
            )
    return tuple(result)


def ece(fake: Bools, p: Floats, *, bins: int = 10, weights: Floats | None = None) -> float:
    """Expected calibration error (Guo et al., 2017): mean gap of said and true, over the bins."""
    w = np.ones(len(p)) if weights is None else weights
    index = np.clip((p * bins).astype(int), 0, bins - 1)
    total = 0.0
    for k in np.unique(index):
        inside = index == k
        said = np.average(p[inside], weights=w[inside])
        true = np.average(fake[inside], weights=w[inside])
        total += float(w[inside].sum() * abs(said - true))
    return total / float(w.sum())


def cllr(fake: Bools, log_likelihood_ratio: Floats) -> float:
    """Log-likelihood-ratio cost in bits (Brümmer and du Preez, 2006).

    0 is perfect; 1 is what a detector that always answers "as likely as not" pays. The ratio is
    natural-logarithmic, P(evidence | fake) over P(evidence | real); for a P(fake) calibrated at
    even odds that is its logit.
    """
    if not fake.any() or fake.all():
        return float("nan")
    miss = np.logaddexp(0.0, -log_likelihood_ratio[fake]).mean()
    alarm = np.logaddexp(0.0, log_likelihood_ratio[~fake]).mean()
    return float((miss + alarm) / (2.0 * np.log(2.0)))


def min_cllr(fake: Bools, scores: Floats) -> float:
    """The cost left after the best monotone calibration: what discrimination alone allows."""
    from sklearn.isotonic import IsotonicRegression

    if not fake.any() or fake.all():
        return float("nan")
    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    p = model.fit_transform(scores, fake.astype(float), sample_weight=class_weights(fake))
    return cllr(fake, logit(np.clip(p, 1e-9, 1.0 - 1e-9)))


def logit(p: Floats) -> Floats:
    return np.asarray(np.log(p) - np.log1p(-p), dtype=np.float64)


def bootstrap(
    statistic: Statistic,
    fake: Bools,
    scores: Floats,
    groups: Sequence[str],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """``statistic`` with its 95 % interval. Draws in which it is not defined are drawn again.

    Raises:
        ValueError: if the arrays differ in length or are empty.
    """
    if not len(fake) or not len(fake) == len(scores) == len(groups):
        raise ValueError("fake, scores and groups must have one and the same length, above zero")
    value = statistic(fake, scores)
    names, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    if not np.isfinite(value) or len(names) < 2:
        return Interval(value, float("nan"), float("nan"))
    rows = [np.flatnonzero(member == k) for k in range(len(names))]
    rng = np.random.default_rng(seed)
    values: list[float] = []
    for _ in range(draws * 10):
        drawn = np.concatenate([rows[k] for k in rng.integers(0, len(rows), size=len(rows))])
        sample = statistic(fake[drawn], scores[drawn])
        if np.isfinite(sample):
            values.append(sample)
            if len(values) == draws:
                break
    if not values:
        return Interval(value, float("nan"), float("nan"))
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def roc(fake: Bools, scores: Floats) -> tuple[Floats, Floats]:
    """False and true positive rates along the curve, for a plot."""
    from sklearn.metrics import roc_curve

    fpr, tpr, _ = roc_curve(fake, scores, drop_intermediate=False)
    return np.asarray(fpr, dtype=np.float64), np.asarray(tpr, dtype=np.float64)


def finite_or_none(value: float) -> float | None:
    """JSON knows no nan."""
    return round(value, 4) if np.isfinite(value) else None
