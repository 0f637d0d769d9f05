"""Traces on painted pictures, where what must change and what must not is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepfake_desktop.core.traces import (
    LARGEST_SIDE_PX,
    REGIONS,
    Points,
    TraceMeter,
    is_noisy,
    summarise,
    surroundings,
    trace_names,
)
from deepfake_desktop.core.types import Image

NAMES = trace_names()
UNIT = 70.0
MIDDLE = (160.0, 110.0)


def five_points(*, unit: float = UNIT, middle: tuple[float, float] = MIDDLE) -> Points:
    """A frontal face's: the eyes ``unit`` apart, ``middle`` between them."""
    shape = [[0.72, 0.0], [0.28, 0.0], [-0.72, 0.0], [-0.28, 0.0], [0.0, 0.74]]
    return np.asarray(np.array(shape) * unit + np.array(middle), dtype=np.float32)


def texture(seed: int = 0, *, side: int = 320, sigma: float = 0.8) -> Image:
    """Noise with energy at every scale, of mean 128."""
    rng = np.random.default_rng(seed)
    gray = sum(
        cv2.resize(rng.normal(0, 12, (side >> k, side >> k)), (side, side)) for k in range(4)
    )
    gray = cv2.GaussianBlur(gray, (0, 0), sigma)
    return np.repeat(np.clip(gray * 1.5 + 128, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def measured(frames: list[Image], points: list[Points]) -> dict[str, float]:
    meter = TraceMeter()
    whole = summarise([meter.add(*surroundings(f, p)) for f, p in zip(frames, points, strict=True)])
    return dict(zip(NAMES, whole.tolist(), strict=True))


def still(image: Image, points: Points | None = None) -> dict[str, float]:
    return measured([image], [five_points() if points is None else points])


def of_region(found: dict[str, float], region: str, what: str) -> list[float]:
    return [v for name, v in found.items() if name.startswith(f"{region}: {what}")]


def regenerated(image: Image, box: tuple[int, int, int, int]) -> Image:
    """``image`` with what is in ``box`` at half its resolution."""
    x0, y0, x1, y1 = box
    patch = image[y0:y1, x0:x1]
    small = cv2.resize(patch, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    out = image.copy()
    out[y0:y1, x0:x1] = cv2.resize(small, patch.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return out


def test_every_number_has_a_name_of_its_own() -> None:
    frame = TraceMeter().add(texture(), five_points())
    assert summarise([frame]).shape == (len(NAMES),)
    assert summarise([frame] * 12).dtype == np.float32
    assert len(set(NAMES)) == len(NAMES)
    assert {name.split(":")[0] for name in NAMES} == set(REGIONS)


def test_a_band_limited_mouth_shows_in_the_mouth_and_nowhere_else() -> None:
    image = texture()
    x, y = MIDDLE[0], MIDDLE[1] + 1.09 * UNIT
    mouth = (int(x - 45), int(y - 17), int(x + 45), int(y + 24))
    before, after = still(image), still(regenerated(image, mouth))
    (fine,) = of_region(before, "mouth", "detail 0 to 1")
    (lost,) = of_region(after, "mouth", "detail 0 to 1")
    assert lost < fine - 0.35
    untouched = [name for name in NAMES if name.split(":")[0] not in ("mouth", "nose", "chin")]
    same = pytest.approx([before[name] for name in untouched], abs=0.06, nan_ok=True)
    assert [after[name] for name in untouched] == same
    for near in ("nose", "chin"):  # the boxes next to it share a few rows with it
        moved = np.subtract(of_region(after, near, "detail"), of_region(before, near, "detail"))
        assert np.abs(moved).max() < 0.5 * (fine - lost)


@pytest.mark.parametrize("with_marks", [True, False])
def test_texture_that_moves_leaves_less_residual_than_texture_made_anew(with_marks: bool) -> None:
    """Along with the landmarks, and beneath landmarks that stay, where only flow can tell."""
    image = texture(side=360)
    shifts = [(0, 0), (2, 1), (4, 2), (6, 3), (8, 4), (10, 5)]
    marks = [
        five_points(middle=(MIDDLE[0] + x * with_marks, MIDDLE[1] + y * with_marks))
        for x, y in shifts
    ]
    carried = measured([np.roll(image, (y, x), (0, 1)) for x, y in shifts], marks)
    anew = measured([texture(seed, side=360) for seed in range(6)], marks)
    for region in REGIONS:
        along = of_region(carried, region, "residual to detail")
        fresh = of_region(anew, region, "residual to detail")
        assert np.subtract(fresh, along).min() > 1.5, region


@settings(max_examples=8, deadline=None)
@given(gain=st.floats(0.6, 1.15), offset=st.floats(-25, 10))
def test_contrast_and_brightness_hardly_count(gain: float, offset: float) -> None:
    noise = np.random.default_rng(0).normal(0, 5, (8, 320, 320, 1))
    clip = [
        np.clip(np.roll(texture(1), (k, 2 * k), (0, 1)) * 0.5 + 64 + noise[k], 0, 255)
        for k in range(8)
    ]
    clip = [frame.astype(np.uint8) for frame in clip]
    marks = [five_points(middle=(MIDDLE[0] + 2 * k, MIDDLE[1] + k)) for k in range(8)]
    changed = [cv2.convertScaleAbs(f, alpha=gain, beta=offset) for f in clip]
    before, after = (measured(frames, marks) for frames in (clip, changed))
    for name in NAMES:
        if "fluctuation" in name:
            assert np.exp(after[name]) == pytest.approx(np.exp(before[name]), abs=0.06), name
        else:
            assert after[name] == pytest.approx(before[name], abs=0.2), name


def test_regions_outside_the_picture_are_missing_and_the_others_stay() -> None:
    whole = still(texture())
    cut_off = texture()[: int(MIDDLE[1] + 0.8 * UNIT)]
    found = still(cut_off)
    assert np.isnan(of_region(found, "chin", "")).all()
    assert not np.isnan(of_region(found, "eyes", "detail")).any()
    assert of_region(found, "forehead", "detail") == pytest.approx(
        of_region(whole, "forehead", "detail"), abs=0.1
    )
    assert np.isnan(of_region(found, "eyes", "residual")).all()  # one frame differs from none


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 400),
    width=st.integers(1, 400),
    unit=st.floats(0.0, 600.0),
    x=st.floats(-900, 1300),
    y=st.floats(-900, 1300),
)
def test_any_face_in_any_picture_gives_numbers_or_nothing(
    height: int, width: int, unit: float, x: float, y: float
) -> None:
    """Thin strips among them, on which OpenCV's optical flow crashes the process."""
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    points = five_points(unit=unit, middle=(x, y))
    patch, moved = surroundings(image, points)
    assert patch.size == 0 or max(patch.shape[:2]) <= LARGEST_SIDE_PX
    assert max(patch.shape[:2]) <= max(image.shape[:2])
    assert moved.shape == (5, 2)
    meter = TraceMeter()
    whole = summarise([meter.add(patch, moved) for _ in range(3)])
    assert whole.shape == (len(NAMES),)
    assert not np.isinf(whole).any()


@pytest.mark.parametrize("shape", [(16, 300), (31, 328), (31, 80), (300, 16), (32, 328), (0, 40)])
def test_a_thin_strip_at_the_edge_is_survived(shape: tuple[int, int]) -> None:
    patch = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    meter = TraceMeter()
    for _ in range(3):
        meter.add(patch, five_points(unit=40, middle=(shape[1] / 2, 5)))


def test_a_large_face_is_looked_at_smaller_and_a_small_one_never_enlarged() -> None:
    image = texture(side=1200)
    points = five_points(unit=250, middle=(600, 450))
    patch, moved = surroundings(image, points)
    assert max(patch.shape[:2]) == LARGEST_SIDE_PX
    scale = LARGEST_SIDE_PX / (3.8 * 250)
    assert moved[0, 0] - moved[2, 0] == pytest.approx(
        (points[0, 0] - points[2, 0]) * scale, rel=0.01
    )
    small, same = surroundings(image, five_points(unit=30, middle=(600, 450)))
    assert max(small.shape[:2]) <= 3.8 * 30 + 1
    assert same[0, 0] - same[2, 0] == pytest.approx(1.44 * 30, rel=1e-4)
    shown = np.round(same[4]).astype(int)
    there = np.round(five_points(unit=30, middle=(600, 450))[4]).astype(int)
    assert np.array_equal(small[shown[1], shown[0]], image[there[1], there[0]])


@pytest.mark.parametrize("angle_deg", [-25, 25])
def test_the_places_turn_with_the_head(angle_deg: float) -> None:
    """A band-limited mouth is found where it is after the whole picture was turned."""
    image = texture()
    turn = cv2.getRotationMatrix2D(MIDDLE, angle_deg, 1.0)
    points = np.asarray(five_points() @ turn[:, :2].T + turn[:, 2], dtype=np.float32)
    x, y = turn[:, :2] @ (MIDDLE[0], MIDDLE[1] + 1.09 * UNIT) + turn[:, 2]
    mouth = (int(x - 42), int(y - 30), int(x + 42), int(y + 30))
    before = still(image, points)
    with_head = still(regenerated(image, mouth), points)
    upright = still(regenerated(image, mouth))
    (fine,) = of_region(before, "mouth", "detail 0 to 1")
    (lost,) = of_region(with_head, "mouth", "detail 0 to 1")
    (missed,) = of_region(upright, "mouth", "detail 0 to 1")
    assert fine - lost > 0.5
    assert missed > lost + 0.2


def test_a_summary_asks_for_the_middle_of_the_frames_not_for_their_number_or_order() -> None:
    meter = TraceMeter()
    frames = [meter.add(texture(seed), five_points()) for seed in range(5)]
    whole = summarise(frames)
    assert np.allclose(summarise(frames[::-1]), whole, atol=1e-5)
    assert np.allclose(summarise(frames * 3), whole, atol=1e-5)
    alone = dict(zip(NAMES, summarise(frames[:1]).tolist(), strict=True))
    for region in REGIONS:
        assert of_region(alone, region, "fluctuation of detail") == pytest.approx(
            [np.log(0.02)] * 2, abs=1e-4
        )


def test_one_missing_frame_does_not_spoil_a_summary() -> None:
    meter = TraceMeter()
    frames = [meter.add(texture(seed), five_points()) for seed in range(4)]
    gap = np.full_like(frames[0], np.nan)
    whole = summarise([*frames, gap])
    assert np.array_equal(whole, summarise(frames))
    assert np.isnan(summarise([gap, gap])).all()


def test_noise_is_what_is_fine_and_new_in_every_frame() -> None:
    rng = np.random.default_rng(5)
    clean = texture(sigma=2.0)

    def seen(frames: list[Image]) -> bool:
        meter = TraceMeter()
        return is_noisy(summarise([meter.add(*surroundings(f, five_points())) for f in frames]))

    def grain() -> Image:
        drawn = clean + rng.normal(0, 8, clean.shape)
        return np.asarray(np.clip(drawn, 0, 255), np.uint8)

    fixed = grain()
    assert seen([grain() for _ in range(6)])
    assert not seen([clean] * 6)
    assert not seen([fixed] * 6)  # fine, but it stays: texture
    assert not seen([cv2.GaussianBlur(grain(), (0, 0), 2.0) for _ in range(6)])  # new, but coarse


def test_nothing_measured_is_not_noisy() -> None:
    assert not is_noisy(np.full(len(NAMES), np.nan, np.float32))
