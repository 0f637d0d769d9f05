"""Every kind of fake: what it changes, what it leaves, and that it drifts over time."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from deepfake_desktop.core.types import Image
from deepfake_desktop.training.fakes import KINDS, Subject, possible
from deepfake_desktop.training.fakes.base import Drift, face_size, hull_mask, hull_points
from deepfake_desktop.training.fakes.geometry import warp_by_points
from deepfake_desktop.training.fakes.upsampler import draw_kernels, upsample
from deepfake_desktop.training.monitor import write_sheet
from tests.training.faces import portrait, variant


def subject(*, steps: int = 1) -> Subject:
    image, points = portrait()
    soft = cv2.GaussianBlur(image, (0, 0), 2.0)
    return Subject(
        image,
        points,
        steps=steps,
        donor=variant(3),
        other=None,
        synthetic={"x": soft, "fitted_x": soft},
    )


def change(fake: Image, real: Image) -> np.ndarray:
    return np.abs(fake.astype(np.int16) - real.astype(np.int16)).max(axis=2)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_fake_has_the_size_of_the_original_and_differs_in_the_face(kind: str) -> None:
    target = subject()
    inside = hull_mask(target.image.shape, hull_points(target.landmarks, "whole")) > 0
    for seed in range(8):
        fake = KINDS[kind](np.random.default_rng(seed), target)(target.image, target.landmarks, 0)
        assert fake.shape == target.image.shape
        assert fake.dtype == np.uint8
        assert change(fake, target.image)[inside].mean() > 0.2


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_same_seed_makes_the_same_fake(kind: str) -> None:
    target = subject()
    first, second = (
        KINDS[kind](np.random.default_rng(7), target)(target.image, target.landmarks, 0)
        for _ in range(2)
    )
    assert np.array_equal(first, second)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_fake_drifts_from_frame_to_frame_of_a_still_picture(kind: str) -> None:
    target = subject(steps=6)
    moving = 0
    for seed in range(6):
        render = KINDS[kind](np.random.default_rng(seed), target)
        frames = [render(target.image, target.landmarks, k) for k in range(6)]
        moving += any(not np.array_equal(frames[0], frame) for frame in frames[1:])
    assert moving >= 5


def test_a_mouth_is_replaced_and_the_eyes_stay() -> None:
    target = subject()
    eyes = hull_mask(target.image.shape, target.landmarks[36:48]) > 0
    for seed in range(10):
        fake = KINDS["lips"](np.random.default_rng(seed), target)(target.image, target.landmarks, 0)
        assert change(fake, target.image)[eyes].max() == 0


def test_a_swap_leaves_the_surroundings_and_needs_a_donor() -> None:
    target = subject()
    size = face_size(target.landmarks)
    points = hull_points(target.landmarks, "whole")
    grown = points.mean(axis=0) + (points - points.mean(axis=0)) * np.float32(1.25)
    far = hull_mask(target.image.shape, grown) == 0
    assert far.mean() > 0.2, size
    for seed in range(8):
        fake = KINDS["swap"](np.random.default_rng(seed), target)(target.image, target.landmarks, 0)
        assert change(fake, target.image)[far].max() <= 2
    assert not possible("swap", replace(target, donor=None))
    assert not possible("synthesis", replace(target, synthetic={}))


def test_warping_brings_landmarks_where_they_belong() -> None:
    image, points = portrait()
    dots = np.zeros_like(image)
    for x, y in points[36:48]:
        cv2.circle(dots, (round(float(x)), round(float(y))), 3, (255, 255, 255), -1)
    goal = points * np.float32(0.9) + np.array([8.0, 5.0], np.float32)
    moved = warp_by_points(dots, points, goal, image.shape)
    found = np.argwhere(moved[..., 0] > 100)[:, ::-1]
    for x, y in goal[36:48]:
        assert np.hypot(found[:, 0] - x, found[:, 1] - y).min() < 3


def test_an_up_sampler_without_faults_is_plain_interpolation() -> None:
    low = portrait()[0][::4, ::4]
    kernels = draw_kernels(np.random.default_rng(0), kind="bilinear", faults=0.0)
    height, width = low.shape[:2]
    expected = cv2.resize(low, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
    made = upsample(low, kernels)
    assert np.abs(made - expected.astype(np.float32))[2:-2, 2:-2].max() <= 1.0


def test_faulty_kernels_leave_a_grid() -> None:
    flat = np.full((40, 40, 3), 128, np.uint8)
    made = upsample(flat, draw_kernels(np.random.default_rng(1), kind="bilinear", faults=0.05))
    assert made.std() > 0.2
    assert np.array_equal(made[0::2, 0::2], np.full_like(made[0::2, 0::2], made[0, 0, 0]))


def test_drift_keeps_its_centre_and_spread() -> None:
    values = Drift(np.random.default_rng(0), 20_000, centre=3.0, spread=0.5, memory=0.8).values
    assert abs(values.mean() - 3.0) < 0.05
    assert abs(values.std() - 0.5) < 0.05
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1] - 0.8) < 0.03


def test_a_sheet_can_be_looked_at(tmp_path) -> None:
    target = subject()
    rows = []
    for kind in KINDS:
        render = [KINDS[kind](np.random.default_rng(s), target) for s in range(4)]
        rows.append([r(target.image, target.landmarks, 0) for r in render])
    write_sheet(tmp_path / "sheet.png", rows)
    seen = cv2.imread(str(tmp_path / "sheet.png"))
    height, width = target.image.shape[:2]
    assert seen.shape == (len(KINDS) * height, 4 * width, 3)
