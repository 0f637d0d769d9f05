from __future__ import annotations

import pytest

from deepfake_desktop.training.aggregation import POOLS, PRESENT, compare, video_score
from tests.training.test_calibrate import make_row


def test_every_pool_of_known_windows() -> None:
    logits = [0.0, 1.0, 5.0, 2.0]
    found = {name: pool(logits) for name, pool in POOLS.items()}
    assert found.pop("mean of probabilities") == pytest.approx(0.7762, abs=1e-4)
    assert found == {
        "mean of logits": 2.0, "median": 1.5, "highest window": 5.0, "lowest window": 0.0,
        "mean of the highest half": 3.5,
    }  # fmt: skip


def test_no_face_has_no_score() -> None:
    assert video_score((), max) is None


def test_the_same_windows_differ_by_nothing_and_a_better_way_by_what_it_gains() -> None:
    rows = [make_row(k / 10, fake=False, group=f"r{k}") for k in range(10)]
    rows += [make_row(0.55 + k / 10, fake=True, group=f"f{k}") for k in range(10)]
    found = compare(rows, draws=50, folds=2)
    one_window = found["ways"]["mean of logits"]
    assert one_window["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert one_window["auc"]["value"] == found["ways"][PRESENT]["auc"]["value"]
    assert set(found["held_out"]["chosen_by_fold"]) == {PRESENT}
