from __future__ import annotations

import cv2
import numpy as np
import pytest

from deepfake_desktop.core.checkpoints import CheckpointFile
from deepfake_desktop.training.splits import is_held_out
from deepfake_desktop.training.subgroups import (
    Portrait,
    by_angle,
    score_portraits,
    typology_angle_deg,
)


def _landmarks(side: int = 200) -> np.ndarray:
    """Only the six points around the cheeks matter."""
    points = np.zeros((68, 2), np.float32)
    for index, place in {
        1: (0.15, 0.5), 31: (0.42, 0.55), 48: (0.38, 0.75),
        15: (0.85, 0.5), 35: (0.58, 0.55), 54: (0.62, 0.75),
    }.items():  # fmt: skip
        points[index] = np.asarray(place) * side
    points[8] = (side / 2, side * 0.95)
    return points


def _skin(lightness: float, yellowness: float) -> np.ndarray:
    lab = np.full((200, 200, 3), (lightness, 12.0, yellowness), np.float32)
    return np.round(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255.0).astype(np.uint8)


@pytest.mark.parametrize(
    ("lightness", "yellowness", "expected"),
    [(70.0, 20.0, 45.0), (50.0, 20.0, 0.0), (40.0, 10.0, -45.0)],
)
def test_the_angle_of_known_colours(lightness: float, yellowness: float, expected: float) -> None:
    angle = typology_angle_deg(_skin(lightness, yellowness), _landmarks())
    assert angle == pytest.approx(expected, abs=2.5)


def test_only_the_cheeks_count() -> None:
    image = _skin(70.0, 20.0)
    angle = typology_angle_deg(image, _landmarks())
    image[:90] = 0
    image[:, 88:112] = 255
    assert typology_angle_deg(image, _landmarks()) == pytest.approx(angle, abs=0.5)


def test_a_group_that_is_suspected_more_shows() -> None:
    rng = np.random.default_rng(0)
    portraits = [
        Portrait(f"{i}", f"p{i}", float(i), float(rng.normal() + (2.0 if i < 30 else 0.0)))
        for i in range(90)
    ]
    dark, middle, light = by_angle(portraits)
    assert [part["portraits"] for part in (dark, middle, light)] == [30, 30, 30]
    assert dark["scores_higher_than_others"]["low"] > 0.6
    assert light["scores_higher_than_others"]["high"] < 0.5
    assert dark["median_logit"] > middle["median_logit"]


def test_portraits_of_trained_identities_are_left_out(
    tmp_path, tiny_checkpoint: CheckpointFile
) -> None:
    names = [f"person{i}" for i in range(60)]
    held = [name for name in names if is_held_out(name)]
    assert 0 < len(held) < len(names)
    cv2.imwrite(str(tmp_path / "a.jpg"), _skin(60.0, 18.0))
    rows = ["file,identity", *(f"a.jpg,{name}" for name in names)]
    (tmp_path / "index.csv").write_text("\n".join(rows) + "\n")
    np.save(tmp_path / "landmarks.npy", np.stack([_landmarks()] * len(names)))
    found = score_portraits(tmp_path, tiny_checkpoint)
    assert [portrait.identity for portrait in found] == held
    assert all(np.isfinite(portrait.logit) for portrait in found)
