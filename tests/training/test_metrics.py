from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepfake_desktop.training import metrics


def _arrays(fake: list[int], scores: list[float]) -> tuple[metrics.Bools, metrics.Floats]:
    return np.array(fake, dtype=bool), np.array(scores, dtype=np.float64)


def test_auc_counts_ordered_pairs_and_half_of_the_ties() -> None:
    fake, scores = _arrays([1, 1, 0, 0], [0.9, 0.4, 0.4, 0.1])
    assert metrics.auc(fake, scores) == pytest.approx((1 + 1 + 0.5 + 1) / 4)


def test_auc_of_one_class_is_undefined() -> None:
    fake, scores = _arrays([1, 1], [0.1, 0.2])
    assert np.isnan(metrics.auc(fake, scores))
    assert np.isnan(metrics.eer(fake, scores))
    assert np.isnan(metrics.cllr(fake, scores))


@pytest.mark.parametrize(
    ("fake", "scores", "expected"),
    [
        ([1, 1, 0, 0], [4, 3, 2, 1], 0.0),  # perfect
        ([0, 0, 1, 1], [4, 3, 2, 1], 1.0),  # reversed
        ([1, 0, 1, 0], [1, 1, 1, 1], 0.5),  # nothing known
        # one of four fakes below three of four reals: a quarter on both sides
        ([1, 1, 1, 0, 1, 0, 0, 0], [8, 7, 6, 5, 4, 3, 2, 1], 0.25),
    ],
)
def test_equal_error_rate_at_known_places(
    fake: list[int], scores: list[float], expected: float
) -> None:
    assert metrics.eer(*_arrays(fake, scores)) == pytest.approx(expected)


def test_equal_error_rate_of_two_gaussians_is_the_known_one() -> None:
    """Two unit normals d apart: the error is the normal tail at d/2."""
    from scipy.stats import norm

    rng = np.random.default_rng(3)
    scores = np.concatenate([rng.normal(2.0, 1.0, 40_000), rng.normal(0.0, 1.0, 40_000)])
    fake = np.arange(80_000) < 40_000
    assert metrics.eer(fake, scores) == pytest.approx(norm.sf(1.0), abs=0.004)
    assert metrics.auc(fake, scores) == pytest.approx(norm.cdf(2.0 / np.sqrt(2.0)), abs=0.004)


def test_calibration_error_of_a_known_table() -> None:
    # four clips said .9, two of them fake: gap .4; four said .1, none fake: gap .1
    fake, p = _arrays([1, 1, 0, 0, 0, 0, 0, 0], [0.9] * 4 + [0.1] * 4)
    assert metrics.ece(fake, p) == pytest.approx(0.5 * 0.4 + 0.5 * 0.1)


def test_calibration_error_follows_class_weights() -> None:
    fake, p = _arrays([1, 0, 0, 0], [0.5] * 4)
    assert metrics.ece(fake, p) == pytest.approx(0.25)
    assert metrics.ece(fake, p, weights=metrics.class_weights(fake)) == pytest.approx(0.0)


def test_reliability_bins_hold_every_clip_once() -> None:
    p = np.linspace(0.0, 1.0, 101)
    fake = p > 0.5
    bins = metrics.reliability(fake, p)
    assert sum(b.count for b in bins) == 101
    assert bins[0].share_fake == 0.0
    assert bins[-1].share_fake == 1.0
    assert all(b.low <= b.mean_p <= b.high for b in bins)


def test_cllr_known_values() -> None:
    fake, none = _arrays([1, 0], [0.0, 0.0])
    assert metrics.cllr(fake, none) == pytest.approx(1.0)  # says nothing: one bit
    assert metrics.cllr(fake, np.array([50.0, -50.0])) == pytest.approx(0.0, abs=1e-12)
    wrong = metrics.cllr(fake, np.array([-10.0, 10.0]))
    assert wrong == pytest.approx(10.0 / np.log(2.0), abs=1e-3)
    one = np.log(3.0)  # ratio 3 for both the right way round: log2(1 + 1/3)
    assert metrics.cllr(fake, np.array([one, -one])) == pytest.approx(np.log2(4 / 3))


def test_min_cllr_ignores_how_scores_are_scaled() -> None:
    rng = np.random.default_rng(0)
    fake = rng.random(200) < 0.4
    scores = rng.normal(size=200) + fake
    low = metrics.min_cllr(fake, scores)
    assert low == pytest.approx(metrics.min_cllr(fake, 30.0 * scores - 7.0))
    assert 0.0 < low <= metrics.cllr(fake, scores)
    assert low < 1.0


def test_bootstrap_draws_groups_not_clips() -> None:
    """Ten copies of a clip in a group say no more than one: the interval must stay wide."""
    rng = np.random.default_rng(1)
    fake = np.tile([True, False], 10)
    scores = rng.normal(size=20) + fake
    groups = [f"g{i}" for i in range(20)]
    single = metrics.bootstrap(metrics.auc, fake, scores, groups, draws=300)
    copied = metrics.bootstrap(
        metrics.auc,
        np.repeat(fake, 10),
        np.repeat(scores, 10),
        list(np.repeat(groups, 10)),
        draws=300,
    )
    as_clips = metrics.bootstrap(
        metrics.auc,
        np.repeat(fake, 10),
        np.repeat(scores, 10),
        [str(i) for i in range(200)],
        draws=300,
    )
    assert single.value == pytest.approx(copied.value)
    assert copied.high - copied.low == pytest.approx(single.high - single.low, abs=0.02)
    assert as_clips.high - as_clips.low < 0.6 * (copied.high - copied.low)
    assert single.low <= single.value <= single.high


def test_bootstrap_is_repeatable_and_refuses_unequal_lengths() -> None:
    fake, scores = _arrays([1, 0, 1, 0], [0.4, 0.3, 0.2, 0.1])
    first = metrics.bootstrap(metrics.auc, fake, scores, list("abcd"), draws=50)
    assert first == metrics.bootstrap(metrics.auc, fake, scores, list("abcd"), draws=50)
    with pytest.raises(ValueError, match="one and the same length"):
        metrics.bootstrap(metrics.auc, fake, scores, list("abc"))


def test_one_group_has_no_interval() -> None:
    fake, scores = _arrays([1, 0], [1.0, 0.0])
    interval = metrics.bootstrap(metrics.auc, fake, scores, ["a", "a"])
    assert interval.value == 1.0
    assert interval.to_json() == {"value": 1.0, "low": None, "high": None}


@given(
    st.lists(st.tuples(st.booleans(), st.floats(-20, 20)), min_size=2, max_size=40).filter(
        lambda rows: len({fake for fake, _ in rows}) == 2
    )
)
def test_figures_stay_in_their_ranges(rows: list[tuple[bool, float]]) -> None:
    fake = np.array([fake for fake, _ in rows])
    scores = np.array([score for _, score in rows])
    assert 0.0 <= metrics.auc(fake, scores) <= 1.0
    assert 0.0 <= metrics.eer(fake, scores) <= 1.0
    assert metrics.auc(fake, scores) + metrics.auc(~fake, scores) == pytest.approx(1.0)
    p = 1.0 / (1.0 + np.exp(-scores))
    assert 0.0 <= metrics.ece(fake, p) <= 1.0
    assert 0.0 <= metrics.balanced_accuracy(fake, p) <= 1.0
    assert metrics.min_cllr(fake, scores) <= metrics.cllr(fake, scores) + 1e-6


@settings(deadline=None)  # imports scikit-learn
@given(st.data())
def test_auc_and_eer_are_scikit_learns(data: st.DataObject) -> None:
    from sklearn.metrics import roc_auc_score, roc_curve

    count = data.draw(st.integers(2, 30))
    fake = np.asarray(data.draw(st.permutations([True, False] + [True] * (count - 2))))
    scores = np.asarray(
        data.draw(st.lists(st.integers(-4, 4), min_size=count, max_size=count)), dtype=float
    )
    assert metrics.auc(fake, scores) == pytest.approx(roc_auc_score(fake, scores))
    fpr, tpr, _ = roc_curve(fake, scores, drop_intermediate=False)
    share = np.linspace(0, 1, 2001)
    points = (
        np.interp(share, np.linspace(0, 1, len(fpr)), fpr),
        np.interp(share, np.linspace(0, 1, len(tpr)), tpr),
    )
    nearest = np.argmin(np.abs(points[0] - (1 - points[1])))
    assert metrics.eer(fake, scores) == pytest.approx(points[0][nearest], abs=0.01)
