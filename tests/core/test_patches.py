"""Native patches: what is cut, what the head makes of it, files, and an analysis with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint
from deepfake_desktop.core.errors import ArchitectureError, CardError
from deepfake_desktop.core.faces import eyes_and_nose
from deepfake_desktop.core.fusion import fuse_normalisation
from deepfake_desktop.core.inference import Scorer, release_network
from deepfake_desktop.core.network import (
    LEAST_WHOLE,
    PAIRS_AT_ONCE,
    FrameSequenceNetwork,
    TextureStem,
    TraceHead,
    has_colour,
)
from deepfake_desktop.core.patches import (
    COLOUR_GAIN,
    CORE,
    FACE,
    MOUTH,
    PATCH_EVERY,
    PATCH_PX,
    PICTURE,
    RIM,
    SMOOTHING,
    UPPER,
    PatchPair,
    colours,
    cut_patch,
    smooth,
)
from deepfake_desktop.core.stages import FaceSequence
from deepfake_desktop.core.traces import Points, surroundings
from deepfake_desktop.core.types import FaceBox, TimedBox
from tests.core.helpers import SMALL_CARD, MakeCheckpoint
from tests.core.test_trace_head import (
    CARD,
    COUNT,
    KINDS,
    VOICES,
    crops,
    faces_of,
    numbers,
    portrait,
    run,
    write,
)

PATCHED = replace(CARD, patches=True)
FACE_BOX = FaceBox(170, 60, 280, 170)
TEXTURE = TextureStem.NUMBERS


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    release_network()
    yield
    release_network()


def pairs(count: int, seed: int = 0) -> list[PatchPair]:
    rng = np.random.default_rng(seed)
    made = rng.integers(0, 256, (count, 2, 3, PATCH_PX, PATCH_PX, 4), dtype=np.uint8)
    made[..., 3] = 0
    made[..., 40:180, 60:200, 3] = PICTURE
    made[..., 60:160, 80:180, 3] |= FACE
    made[..., 60:110, 80:180, 3] |= UPPER
    made[..., 120:150, 110:150, 3] |= MOUTH
    made[..., 80:140, 100:160, 3] |= CORE
    made[..., 50:70, 70:190, 3] |= RIM
    return list(made)


def stem(seed: int = 5) -> TextureStem:
    """Random weights, and normalisation that has seen a few patches."""
    torch.manual_seed(seed)
    made = TextureStem()
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        made.train()(torch.from_numpy(np.stack(pairs(1, seed=9))))
    return made.eval().requires_grad_(False)


def wide_head() -> TraceHead:
    """Reads texture behind the traces."""
    torch.manual_seed(4)
    made = TraceHead(COUNT + TEXTURE, len(KINDS))
    with torch.no_grad():
        made.voices.copy_(torch.tensor(VOICES))
        made.scale.fill_(2.0)
    return made.eval().requires_grad_(False)


def write_patched(folder: Path, *, card: Card | None = PATCHED, **changes: object) -> Path:
    state: dict[str, object] = {f"patches.{k}": v for k, v in stem().state_dict().items()}
    state |= {f"traces.{k}": v for k, v in wide_head().state_dict().items()}
    return write(folder, card=card, **{**state, **changes})


def at(x: float, y: float, unit: float) -> Points:
    """A frontal face of that distance between the eyes, its middle at ``x``, ``y``."""
    eyes = y - 0.48 * unit
    right, left = x + unit / 2, x - unit / 2
    marks = [(right, eyes), (right, eyes), (left, eyes), (left, eyes), (x, eyes + 0.6 * unit)]
    return np.array(marks, np.float32)


# --- cutting -------------------------------------------------------------------------------------


def test_a_patch_holds_the_pictures_own_pixels_around_the_face() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (300, 320, 3), dtype=np.uint8)
    found, smoothed, coloured = cut_patch(picture, at(150, 140, 40))
    half = round(1.35 * 40)
    rows, columns = (np.flatnonzero(found[..., 3].any(axis=axis)) for axis in (1, 0))
    assert (rows[0], rows[-1] + 1) == (112 - half, 112 + half) == (columns[0], columns[-1] + 1)
    inside = np.s_[112 - half : 112 + half, 112 - half : 112 + half]
    shown = picture[140 - half : 140 + half, 150 - half : 150 + half]
    assert np.array_equal(found[inside][..., :3], shown)
    assert np.array_equal(smoothed[inside][..., :3], smooth(shown, SMOOTHING))
    assert np.array_equal(coloured[inside][..., :3], colours(shown))
    for version in (found, smoothed, coloured):
        assert np.array_equal(version[..., 3], found[..., 3])
        assert not version[found[..., 3] == 0].any()


def test_a_patch_says_what_belongs_to_a_region() -> None:
    """Areas of ellipses; the mouth goes along when the head is tilted."""
    picture = np.full((328, 328, 3), 9, np.uint8)
    unit = 60.0
    bits = cut_patch(picture, at(164, 164, unit))[0, ..., 3]

    def where(bit: int) -> np.ndarray:
        return (bits & bit) > 0

    face = np.pi * 0.9 * 1.15 * unit**2
    assert where(FACE).sum() == pytest.approx(face, rel=0.03)
    assert where(UPPER).sum() == pytest.approx(face / 2, rel=0.05)
    assert not (where(UPPER) & ~where(FACE)).any()
    assert np.nonzero(where(UPPER))[0].max() <= 112 + 0.15 * unit
    assert where(MOUTH).sum() == pytest.approx(np.pi * 0.55 * 0.4 * unit**2, rel=0.05)
    assert where(CORE).sum() == pytest.approx(np.pi * 0.55 * 0.8 * unit**2, rel=0.04)
    rim = np.pi * (1.12 * 1.37 - 0.68 * 0.93) * unit**2
    assert 0.9 * rim < where(RIM).sum() < rim  # the patch cuts forehead and chin off
    assert not (where(RIM) & where(CORE)).any()
    assert (where(RIM) & where(FACE)).any()
    assert (where(RIM) & ~where(FACE)).any()
    rows, columns = np.nonzero(where(MOUTH))
    assert (rows.mean(), columns.mean()) == pytest.approx((112 + 0.61 * unit, 112), abs=1.5)
    tilted = at(164, 164, 60) - 164
    tilted = np.stack([-tilted[:, 1], tilted[:, 0]], axis=1) + 164  # a quarter to the right
    bits = cut_patch(picture, tilted.astype(np.float32))[0, ..., 3]
    rows, columns = np.nonzero(where(MOUTH))
    assert (rows.mean(), columns.mean()) == pytest.approx((112, 112 - 0.61 * unit), abs=1.5)
    assert np.nonzero(where(UPPER))[1].min() >= 112 - 0.15 * unit


def test_a_large_face_fills_the_patch() -> None:
    picture = np.full((328, 328, 3), 9, np.uint8)
    found = cut_patch(picture, at(164, 164, 90))
    assert (found[:2, ..., :3] == 9).all()
    assert (found[..., 3] & PICTURE).all()


@pytest.mark.parametrize(("x", "y"), [(2, 50), (98, 50), (50, 2), (50, 98)])
def test_what_lies_outside_the_picture_is_left_empty(x: int, y: int) -> None:
    picture = np.full((100, 100, 3), 7, np.uint8)
    found = cut_patch(picture, at(x, y, 30))[0]
    half = round(1.35 * 30)
    shown = found[..., 3] > 0
    seen = (min(x + half, 100) - max(x - half, 0)) * (min(y + half, 100) - max(y - half, 0))
    assert shown.sum() == seen
    assert (found[shown][:, :3] == 7).all()
    assert found[112, 112, 3] & FACE  # the face's middle stays in the middle


def test_a_face_outside_the_picture_leaves_an_empty_patch() -> None:
    picture = np.full((100, 100, 3), 7, np.uint8)
    assert not cut_patch(picture, at(400, 50, 30)).any()
    assert not cut_patch(np.empty((0, 0, 3), np.uint8), at(0, 0, 30)).any()


def test_smoothing_keeps_edges_and_takes_grain_away() -> None:
    rng = np.random.default_rng(0)
    picture = np.full((80, 80, 3), 60, np.uint8)
    picture[:, 40:] = 180
    grainy = (picture + rng.normal(0, 4, picture.shape)).astype(np.uint8)
    found = smooth(grainy, SMOOTHING).astype(float)
    assert found[:, 4:36].std() < 0.5 * grainy[:, 4:36].std()
    assert found[:, 44].mean() - found[:, 36].mean() > 100
    again = smooth(found.astype(np.uint8), SMOOTHING).astype(float)
    assert np.abs(again - found).mean() < 0.5 * np.abs(found - grainy).mean()


def test_colours_are_shown_without_brightness() -> None:
    gray = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    assert (np.abs(colours(gray).astype(int) - 128) <= COLOUR_GAIN).all()
    red = np.full((2, 2, 3), (140, 120, 120), np.uint8)
    cr, cb, both = colours(red)[0, 0].astype(int) - 128
    assert cr == pytest.approx(COLOUR_GAIN * 0.713 * (140 - (0.299 * 140 + 0.701 * 120)), abs=3)
    assert cb == pytest.approx(COLOUR_GAIN * 0.564 * (120 - (0.299 * 140 + 0.701 * 120)), abs=3)
    assert both == pytest.approx((cr + cb) / 2, abs=1)
    brighter = colours(red + np.uint8(40)).astype(int) - colours(red)
    assert (np.abs(brighter) <= COLOUR_GAIN).all()


@pytest.mark.parametrize("frames", [1, 2, 8, 9, 20])
def test_a_pair_of_two_in_a_row_begins_every_few_measured_frames(frames: int) -> None:
    sequence = FaceSequence(1)
    expected, before = [], None
    for k in range(frames):
        image = np.roll(portrait(), k, axis=1)
        place = TimedBox(0.08 * k, FACE_BOX, detected=True)
        sequence.measure(image, place, patches=True)
        patch = cut_patch(*surroundings(image, eyes_and_nose(image, FACE_BOX)))
        if k % PATCH_EVERY == 1:
            expected.append(np.stack([before, patch]))
        before = patch
    assert len(sequence.patches) == len(expected)
    assert all(np.array_equal(a, b) for a, b in zip(sequence.patches, expected, strict=True))


def test_patches_are_cut_only_for_a_card_that_asks_and_not_across_a_cut() -> None:
    here = portrait()
    there = np.ascontiguousarray(255 - (255 - here[:, ::-1]) // 2)
    shots = [here] * 4 + [there] * 4
    assert [s.patches for s in faces_of(CARD, shots).sequences] == [[], []]
    first, second = faces_of(PATCHED, shots).sequences
    assert len(first.patches) == len(second.patches) == 1
    assert np.abs(np.diff(second.patches[0].astype(int), axis=0)).mean() < 5


# --- the numbers ---------------------------------------------------------------------------------


def test_nothing_outside_the_face_counts() -> None:
    """But for what a few pixels around it reach."""
    made, given = stem(), np.stack(pairs(2))
    other = given.copy()
    other[..., :36, :, :3] = other[..., 184:, :, :3] = 99
    other[other[..., 3] == 0, :3] = 99
    a, b = (made(torch.from_numpy(x)) for x in (given, other))
    assert torch.equal(a, b)
    assert a.shape == (2, TEXTURE)
    empty = torch.zeros((1, 2, 3, PATCH_PX, PATCH_PX, 4), dtype=torch.uint8)
    assert made(empty).isnan().all()


def by_statistic(numbers_: torch.Tensor) -> dict[str, torch.Tensor]:
    """(regions, 3, 24) each; of what is compared ``across`` regions (2, 2, 24)."""
    names = ("whole", "taken", "share", "colours")
    parts = numbers_.split([144] * 4 + [96])
    found = {name: part.reshape(2, 3, 24) for name, part in zip(names, parts[:4], strict=True)}
    return found | {"across": parts[4].reshape(2, 2, 24)}


def test_numbers_are_means_spreads_and_changes_in_regions() -> None:
    """Against the blocks' own maps, place by place."""
    made, given = stem(), torch.from_numpy(np.stack(pairs(1)))
    found = by_statistic(made(given)[0])
    normal = (given[0, ..., :3].float() / 255 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor(
        [0.229, 0.224, 0.225]
    )
    normal = normal * (given[0, ..., 3:] > 0)
    maps = made.blocks(normal.flatten(0, 1).permute(0, 3, 1, 2)).reshape(2, 3, 24, 56, 56)

    def expected(bit: int, version: int) -> torch.Tensor:
        inside = ((given[0, 1, :1, ..., 3] & bit) > 0).float()
        weight = torch.nn.functional.avg_pool2d(inside, 4)[0]
        weight = weight / weight.sum()
        before, now = maps[:, version]
        mean = (now * weight).sum(dim=(1, 2))
        spread = ((now - mean[:, None, None]) ** 2 * weight).sum(dim=(1, 2)).sqrt()
        change = ((now - before).abs() * weight).sum(dim=(1, 2))
        return torch.stack([mean, spread, change])

    def close(a: torch.Tensor, b: torch.Tensor) -> bool:
        return torch.allclose(a, b, atol=2e-3)

    for k, bit in enumerate((FACE, MOUTH)):
        whole, less = expected(bit, 0), expected(bit, 1)
        assert close(found["whole"][k], whole)
        assert close(found["taken"][k], whole - less)
        share = (whole - less) / (whole.abs() + less.abs() + LEAST_WHOLE)
        assert torch.allclose(found["share"][k], share, atol=2e-2)
        assert close(found["colours"][k], expected(bit, 2))
    assert close(found["across"][0], (expected(CORE, 0) - expected(RIM, 0))[:2])
    assert close(found["across"][1], (expected(MOUTH, 0) - expected(UPPER, 0))[:2])


def test_colours_that_a_picture_does_not_have_are_missing() -> None:
    """As in a film in black and white: not the usual colours, and not those of a fake either."""
    coloured = torch.from_numpy(np.stack(pairs(2)))
    grey = coloured.clone()
    grey[1, :, 2, ..., :3] = 128
    grey[1, :, 2, ::2, :, :3] = 131
    assert has_colour(grey[:, 1, 2]).tolist() == [True, False]
    numbers = stem()(grey)
    colours_of = slice(3 * 2 * 3 * TextureStem.FEATURES, 4 * 2 * 3 * TextureStem.FEATURES)
    assert torch.isfinite(numbers[0]).all()
    assert torch.isnan(numbers[1, colours_of]).all()
    assert torch.isfinite(numbers[1]).sum() == TEXTURE - numbers[1, colours_of].numel()
    assert torch.allclose(numbers[0], stem()(coloured)[0], equal_nan=True)


def test_a_face_that_smoothing_does_not_change_has_no_difference() -> None:
    made, given = stem(), torch.from_numpy(np.stack(pairs(1)))
    given[:, :, 1] = given[:, :, 0]
    found = by_statistic(made(given)[0])
    assert not found["taken"].any()
    assert not found["share"].any()
    assert found["whole"].all()


def test_the_order_of_two_frames_counts_and_a_still_does_not_change() -> None:
    made, given = stem(), torch.from_numpy(np.stack(pairs(1)))
    assert not torch.allclose(made(given), made(given[:, [1, 0]]), atol=1e-4)
    still = by_statistic(made(given[:, [1, 1]])[0])
    for name in ("whole", "taken", "share", "colours"):
        assert not still[name][:, 2].any()
        assert still[name][:, :2].any()


def test_a_region_outside_the_picture_leaves_the_others_alone() -> None:
    made, given = stem(), torch.from_numpy(np.stack(pairs(1)))
    without = given.clone()
    without[..., 3] &= 255 - RIM
    a, b = (by_statistic(made(x)[0]) for x in (given, without))
    assert b["across"][0].isnan().all()
    for name in ("whole", "taken", "share", "colours"):
        assert torch.equal(a[name], b[name])
    assert torch.equal(a["across"][1], b["across"][1])


def test_normalisation_folds_into_the_convolutions() -> None:
    made, given = stem(), torch.from_numpy(np.stack(pairs(2)))
    expected = made(given)
    fuse_normalisation(made)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in made.modules())
    assert torch.allclose(made(given), expected, atol=1e-4)


def scorer(path: Path) -> Scorer:
    return Scorer.open(load_checkpoint(file_for_path(path)), "cpu")


@pytest.mark.parametrize("count", [1, PAIRS_AT_ONCE, 2 * PAIRS_AT_ONCE + 1])
def test_texture_speaks_with_the_traces(
    tmp_path: Path, make_checkpoint: MakeCheckpoint, count: int
) -> None:
    """The mean over all pairs stands behind the traces; what is missing counts as the usual."""
    plain = torch.tensor(scorer(make_checkpoint(tmp_path / "plain")).logit(crops()))
    whole = scorer(write_patched(tmp_path))
    traces, given = torch.from_numpy(numbers()), pairs(count)
    texture = stem()(torch.from_numpy(np.stack(given))).mean(dim=0)
    nothing = torch.full((TEXTURE,), torch.nan)

    def expected(*seen: torch.Tensor) -> float:
        return float(wide_head().combine(plain, torch.cat(seen)))

    found = whole.logit(crops(), traces=numbers(), patches=given)
    assert found == pytest.approx(expected(traces, texture), abs=1e-4)
    alone = whole.logit(crops(), traces=numbers())
    assert alone == pytest.approx(expected(traces, nothing), abs=1e-5)
    assert abs(found - alone) > 1e-3


def test_a_pair_that_shows_no_face_does_not_hide_the_others() -> None:
    made, given = stem(), torch.from_numpy(np.stack(pairs(2)))
    empty = torch.zeros_like(given[:1])
    assert torch.allclose(made.mean(torch.cat([given, empty])), made.mean(given), atol=1e-5)
    assert made.mean(empty).isnan().all()


def test_a_checkpoint_without_patches_leaves_them_unread(tmp_path: Path) -> None:
    without = scorer(write(tmp_path))
    assert without.checkpoint.network.patches is None
    assert without.logit(crops(), patches=pairs(2)) == without.logit(crops())


def test_undecided_voices_together_are_undecided() -> None:
    network = FrameSequenceNetwork(
        "efficientnet_lite0", hidden=4, traces=COUNT, kinds=2, patches=True
    )
    assert network.traces is not None
    network.requires_grad_(False).traces.linear.bias.zero_()
    assert float(network.with_evidence(torch.zeros(()))) == pytest.approx(0.0, abs=1e-6)


# --- files ---------------------------------------------------------------------------------------


def test_a_card_must_say_what_the_file_holds(tmp_path: Path) -> None:
    with pytest.raises(ArchitectureError, match="holds no weights for them"):
        load_checkpoint(file_for_path(write(tmp_path / "a", card=PATCHED)))
    with pytest.raises(ArchitectureError, match="names no `patches`"):
        load_checkpoint(file_for_path(write_patched(tmp_path / "b", card=CARD)))
    assert load_checkpoint(file_for_path(write_patched(tmp_path / "c"))).summary.patches


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"traces.mean": torch.zeros(COUNT)}, r"'traces\.mean' \(98,\) instead of \(770,\)"),
        (
            {"patches.blocks.0.0.weight": torch.zeros(3)},
            r"blocks\.0\.0\.weight' \(3,\) instead of",
        ),
        ({"patches.blocks.0.0.weight": None}, r"missing, first 'patches\.blocks\.0\.0\.weight'"),
        ({"patches.more": torch.zeros(1)}, r"unknown, first 'patches\.more'"),
    ],
)
def test_weights_of_another_shape_are_refused_by_name(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ArchitectureError, match=words):
        load_checkpoint(file_for_path(write_patched(tmp_path, **changes)))


@pytest.mark.parametrize("patches", [1, "yes", None])
def test_a_card_says_true_or_false(patches: object) -> None:
    raw = {**json.loads(PATCHED.to_json()), "patches": patches}
    with pytest.raises(CardError, match="patches"):
        Card.from_json(json.dumps(raw))
    del raw["patches"]
    assert Card.from_json(json.dumps(raw)).patches is False
    assert Card.from_json(PATCHED.to_json()).patches is True


def test_patches_go_only_with_traces() -> None:
    with pytest.raises(CardError, match="only beside"):
        Card.from_json(replace(SMALL_CARD, patches=True).to_json())


# --- in an analysis ------------------------------------------------------------------------------


def test_an_analysis_reads_patches_the_same_way_twice(authentic: Path, tmp_path: Path) -> None:
    path = write_patched(tmp_path / "whole")
    first = run(authentic, path)
    release_network()
    second = run(authentic, path)
    assert first.tracks == second.tracks
    assert first.checkpoint.patches
    assert first.checkpoint.trace_kinds == KINDS
    deaf = wide_head().linear.weight.clone()
    deaf[:, COUNT:] = 0.0
    other = run(authentic, write_patched(tmp_path / "deaf", **{"traces.linear.weight": deaf}))
    assert other.tracks[0].boxes == first.tracks[0].boxes
    assert abs(other.tracks[0].logit - first.tracks[0].logit) > 1e-3
