from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepfake_desktop.core.cards import Card, calibrated
from deepfake_desktop.core.types import Thresholds
from deepfake_desktop.training import metrics
from deepfake_desktop.training.calibrate import (
    METHODS,
    Method,
    calibrate,
    choose_thresholds,
    cross_fit,
    deal_groups,
    fit,
    verdicts_of_seen,
)
from deepfake_desktop.training.figures import Measured, Table
from deepfake_desktop.training.layouts import LabelledClip
from deepfake_desktop.training.scoring import ScoredClip, judge
from tests.training.test_scoring import make_track


def make_row(logit: float, *, fake: bool, group: str, family: str | None = None) -> Measured:
    clip = LabelledClip(
        path=Path(f"{group}.mp4"),
        name=f"{'fake' if fake else 'real'}/{group}_{logit:.4f}.mp4",
        fake=fake,
        method="m",
        family=family or ("face swap" if fake else "real"),
        group=group,
    )
    return Measured(clip, ScoredClip((make_track(logit, logit),), 20, 20, 0.1), logit, True)


def make_rows(
    n: int, *, seed: int = 0, scale: float = 3.0, shift: float = 2.0, gap: float = 2.0
) -> list[Measured]:
    """Logits that are ``scale`` times too sure and ``shift`` too high: true log-odds, spoilt."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        fake = i % 3 != 0
        # unit-variance normals `gap` apart have log-odds gap * x around their middle
        x = rng.normal(gap / 2 if fake else -gap / 2)
        rows.append(make_row(scale * gap * x + shift, fake=fake, group=f"g{i // 2}"))
    return rows


def test_platt_finds_the_scale_and_offset_that_were_put_in() -> None:
    table = Table.of(make_rows(6000))
    found = fit("platt", table.fake, table.logits)
    assert found["scale"] == pytest.approx(1 / 3.0, rel=0.08)
    assert found["offset"] == pytest.approx(-2.0 / 3.0, abs=0.12)


def test_temperature_keeps_the_middle() -> None:
    table = Table.of(make_rows(6000, shift=0.0))
    found = fit("temperature", table.fake, table.logits)
    assert found["offset"] == 0.0
    assert found["scale"] == pytest.approx(1 / 3.0, rel=0.08)


@pytest.mark.parametrize("method", METHODS)
def test_calibration_lowers_the_error_and_the_card_takes_it(method: Method) -> None:
    table = Table.of(make_rows(600, shift=0.0))
    found = fit(method, table.fake, table.logits)
    card = Card(classes=("fake", "real"), calibration=found)
    assert Card.from_json(card.to_json()).calibration == found
    weights = metrics.class_weights(table.fake)
    before = np.asarray([calibrated(x, {"method": "none"}) for x in table.logits])
    after = np.asarray([calibrated(x, found) for x in table.logits])
    assert metrics.ece(table.fake, after, weights=weights) < 0.5 * metrics.ece(
        table.fake, before, weights=weights
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("logits", [[-1.0, 1.0], [5.0, -5.0], [0.0, 0.0], [1e4, 2e4], [-3.0, -3.0]])
def test_any_two_clips_give_a_card_that_loads(method: Method, logits: list[float]) -> None:
    """Even reversed or equal scores: rising, finite, between 0 and 1."""
    found = fit(method, np.array([False, True]), np.array(logits))
    card = Card.from_json(Card(classes=("fake", "real"), calibration=found).to_json())
    values = [calibrated(x, card.calibration) for x in (-1e5, -1.0, 0.0, 1.0, 1e5)]
    assert values == sorted(values)
    assert all(0.0 <= v <= 1.0 for v in values)


def test_one_class_cannot_be_calibrated() -> None:
    with pytest.raises(ValueError, match="both classes"):
        fit("platt", np.array([True, True]), np.array([1.0, 2.0]))


def _rates(rows: list[Measured], calibration: dict, thresholds: Thresholds) -> tuple[float, float]:
    labels = [judge(row.score.tracks, calibration, thresholds).label for row in rows]
    real = [x for x, row in zip(labels, rows, strict=True) if not row.clip.fake]
    return real.count("FAKE") / len(real), labels.count("INCONCLUSIVE") / len(labels)


@pytest.mark.parametrize("gap", [0.3, 1.0, 2.0, 4.0])
def test_thresholds_keep_both_promises(gap: float) -> None:
    rows = make_rows(120, gap=gap, shift=0.0)
    table = Table.of(rows)
    calibration = fit("platt", table.fake, table.logits)
    thresholds = choose_thresholds(rows, calibration)
    false_positives, open_ones = _rates(rows, calibration, thresholds)
    assert false_positives <= 0.05
    assert open_ones <= 0.20 or thresholds.real == 0.5
    assert 0.0 <= thresholds.real <= 0.5 <= thresholds.fake <= 1.0


def test_a_detector_that_knows_nothing_leaves_much_open() -> None:
    """Keeping both promises would mean calling clips REAL that are more likely fake."""
    rows = make_rows(120, gap=0.2, shift=0.0)
    table = Table.of(rows)
    calibration = fit("platt", table.fake, table.logits)
    thresholds = choose_thresholds(rows, calibration)
    assert thresholds.real == 0.5
    assert _rates(rows, calibration, thresholds)[1] > 0.20


def test_false_positives_are_kept_where_windows_disagree() -> None:
    """A real clip whose windows fall on both sides is INCONCLUSIVE or FAKE, as thresholds lie."""
    rng = np.random.default_rng(1)
    rows = []
    for i in range(80):
        fake = i % 2 == 0
        row = make_row(0.0, fake=fake, group=f"g{i}")
        windows = rng.normal(0.3 if fake else 0.0, 1.0, size=3)
        tracks = (make_track(*windows.tolist()),)
        rows.append(replace(row, score=replace(row.score, tracks=tracks), logit=windows.mean()))
    table = Table.of(rows)
    calibration = fit("platt", table.fake, table.logits)
    thresholds = choose_thresholds(rows, calibration)
    assert _rates(rows, calibration, thresholds)[0] <= 0.05


def test_thresholds_of_a_good_detector_find_the_fakes() -> None:
    rows = make_rows(120, gap=4.0, shift=0.0)
    table = Table.of(rows)
    calibration = fit("platt", table.fake, table.logits)
    thresholds = choose_thresholds(rows, calibration)
    labels = [judge(r.score.tracks, calibration, thresholds).label for r in rows if r.clip.fake]
    assert labels.count("FAKE") / len(labels) > 0.9


def test_real_clips_that_training_saw_raise_the_fake_threshold_and_nothing_else() -> None:
    rows = make_rows(120, shift=0.0)
    table = Table.of(rows)
    calibration = fit("platt", table.fake, table.logits)
    alone = choose_thresholds(rows, calibration)
    high = max(row.logit for row in rows if not row.clip.fake)
    seen = [make_row(high + 0.01 * k, fake=False, group=f"s{k}") for k in range(40)]
    guarded = choose_thresholds(rows, calibration, seen=seen)
    assert guarded.fake > alone.fake
    both = [*[row for row in rows if not row.clip.fake], *seen]
    labels = [judge(row.score.tracks, calibration, guarded).label for row in both]
    assert 0 < labels.count("FAKE") <= 0.05 * len(both)
    found = verdicts_of_seen(seen, calibration, alone)
    assert found == {"real": 40, "false_positive_rate": 1.0, "inconclusive_rate_real": 0.0}
    assert verdicts_of_seen([], calibration, alone) == {}
    low = [make_row(-20.0, fake=False, group=f"s{k}") for k in range(400)]
    assert choose_thresholds(rows, calibration, seen=low) == alone  # easy ones buy nothing
    fitted, guarded_fit = calibrate(rows), calibrate(rows, seen=seen)
    assert guarded_fit.calibration == fitted.calibration
    expected = choose_thresholds(rows, fitted.calibration, seen=seen)
    assert guarded_fit.thresholds == expected
    held = [x.figures["held_out"]["verdicts"]["detection_rate"] for x in (guarded_fit, fitted)]
    assert held[0] < held[1]


def test_groups_are_never_divided_and_folds_hold_both_classes() -> None:
    rows = make_rows(90)
    folds = deal_groups(rows, 5)
    sides: dict[str, set[int]] = {}
    for row, fold in zip(rows, folds, strict=True):
        sides.setdefault(row.clip.group, set()).add(fold)
    assert all(len(found) == 1 for found in sides.values())
    for fold in range(5):
        classes = {row.clip.fake for row, f in zip(rows, folds, strict=True) if f == fold}
        assert classes == {True, False}


def test_cross_fitting_does_not_flatter() -> None:
    """On scores that say nothing, isotonic fits its own clips well and others badly."""
    rng = np.random.default_rng(5)
    rows = [make_row(float(rng.normal()), fake=i % 2 == 0, group=f"g{i}") for i in range(60)]
    table = Table.of(rows)
    own = fit("isotonic", table.fake, table.logits)
    p_own = np.clip([calibrated(x, own) for x in table.logits], 1e-6, 1 - 1e-6)
    held = np.clip(cross_fit(rows, "isotonic").p, 1e-6, 1 - 1e-6)
    assert metrics.cllr(table.fake, metrics.logit(p_own)) < 1.0
    assert metrics.cllr(table.fake, metrics.logit(held)) > metrics.cllr(
        table.fake, metrics.logit(p_own)
    )


def test_calibrate_picks_the_method_that_holds_out_better() -> None:
    shifted = calibrate(make_rows(240, shift=6.0))
    assert shifted.figures["method"] == "platt"
    assert shifted.figures["held_out"]["ece"] < 0.12
    assert shifted.figures["held_out"]["cllr"] < 0.75
    assert shifted.figures["held_out"]["verdicts"]["false_positive_rate"] <= 0.15
    assert shifted.figures["groups"] == 120
