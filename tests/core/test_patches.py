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
from deepfake_desktop.core.network import PAIRS_AT_ONCE, FrameSequenceNetwork, PatchHead
from deepfake_desktop.core.patches import PATCH_EVERY, PATCH_PX, PatchPair, cut_patch
from deepfake_desktop.core.stages import FaceSequence
from deepfake_desktop.core.traces import Points, surroundings
from deepfake_desktop.core.types import FaceBox, TimedBox
from tests.core.helpers import SMALL_CARD, MakeCheckpoint
from tests.core.test_trace_head import (
    CARD,
    COUNT,
    KINDS,
    crops,
    faces_of,
    head,
    numbers,
    portrait,
    run,
    write,
)

PATCHED = replace(CARD, patches=True)
VOICES = ((4.0, 1.0), (0.25, -2.5), (1.5, -0.5))
FACE = FaceBox(170, 60, 280, 170)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    release_network()
    yield
    release_network()


def pairs(count: int, seed: int = 0) -> list[PatchPair]:
    rng = np.random.default_rng(seed)
    made = rng.integers(0, 256, (count, 2, PATCH_PX, PATCH_PX, 4), dtype=np.uint8)
    made[..., 3] = 0
    made[:, :, 40:180, 60:200, 3] = 255
    return list(made)


def patch_head(seed: int = 5) -> PatchHead:
    """Random weights, and normalisation that has seen a few patches."""
    torch.manual_seed(seed)
    made = PatchHead()
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        made.train()(torch.from_numpy(np.stack(pairs(1, seed=9))))
    return made.eval().requires_grad_(False)


def write_patched(folder: Path, *, card: Card | None = PATCHED, **changes: object) -> Path:
    state: dict[str, object] = {f"patches.{k}": v for k, v in patch_head().state_dict().items()}
    state["traces.voices"] = torch.tensor(VOICES)
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
    found = cut_patch(picture, at(150, 140, 40))
    half = round(1.35 * 40)
    rows, columns = (np.flatnonzero(found[..., 3].any(axis=axis)) for axis in (1, 0))
    assert (rows[0], rows[-1] + 1) == (112 - half, 112 + half) == (columns[0], columns[-1] + 1)
    inside = found[112 - half : 112 + half, 112 - half : 112 + half]
    assert np.array_equal(
        inside[..., :3], picture[140 - half : 140 + half, 150 - half : 150 + half]
    )
    assert (inside[..., 3] == 255).all()
    assert not found[found[..., 3] == 0].any()


def test_a_large_face_fills_the_patch() -> None:
    picture = np.full((328, 328, 3), 9, np.uint8)
    assert (cut_patch(picture, at(164, 164, 90)) == [9, 9, 9, 255]).all()


@pytest.mark.parametrize(("x", "y"), [(2, 50), (98, 50), (50, 2), (50, 98)])
def test_what_lies_outside_the_picture_is_left_empty(x: int, y: int) -> None:
    picture = np.full((100, 100, 3), 7, np.uint8)
    found = cut_patch(picture, at(x, y, 30))
    half = round(1.35 * 30)
    shown = found[..., 3] == 255
    seen = (min(x + half, 100) - max(x - half, 0)) * (min(y + half, 100) - max(y - half, 0))
    assert shown.sum() == seen
    assert (found[shown] == [7, 7, 7, 255]).all()
    assert (found[112, 112] == [7, 7, 7, 255]).all()  # the face's middle stays in the middle


def test_a_face_outside_the_picture_leaves_an_empty_patch() -> None:
    picture = np.full((100, 100, 3), 7, np.uint8)
    assert not cut_patch(picture, at(400, 50, 30)).any()
    assert not cut_patch(np.empty((0, 0, 3), np.uint8), at(0, 0, 30)).any()


@pytest.mark.parametrize("frames", [1, 2, 11, 12, 20])
def test_every_tenth_measured_frame_begins_a_pair_of_two_in_a_row(frames: int) -> None:
    sequence = FaceSequence(1)
    expected, before = [], None
    for k in range(frames):
        image = np.roll(portrait(), k, axis=1)
        place = TimedBox(0.08 * k, FACE, detected=True)
        sequence.measure(image, place, patches=True)
        patch = cut_patch(*surroundings(image, eyes_and_nose(image, FACE)))
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


# --- the head ------------------------------------------------------------------------------------


def test_nothing_outside_the_picture_counts() -> None:
    made, given = patch_head(), np.stack(pairs(2))
    other = given.copy()
    other[given[..., 3] == 0, :3] = 99
    a, b = (made(torch.from_numpy(x)) for x in (given, other))
    assert torch.equal(a, b)
    assert a.shape == (2,)
    empty = torch.zeros((1, 2, PATCH_PX, PATCH_PX, 4), dtype=torch.uint8)
    assert made(empty).tolist() == [0.0]


def test_the_order_of_two_frames_counts_and_a_still_differs_from_a_change() -> None:
    made, given = patch_head(), torch.from_numpy(np.stack(pairs(1)))
    still = given[:, [1, 1]]
    assert abs(float(made(given) - made(given[:, [1, 0]]))) > 1e-4
    assert abs(float(made(given) - made(still))) > 1e-4


def test_normalisation_folds_into_the_convolutions() -> None:
    made, given = patch_head(), torch.from_numpy(np.stack(pairs(2)))
    expected = made(given)
    fuse_normalisation(made)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in made.modules())
    assert torch.allclose(made(given), expected, atol=1e-4)


def scorer(path: Path) -> Scorer:
    return Scorer.open(load_checkpoint(file_for_path(path)), "cpu")


@pytest.mark.parametrize("count", [1, PAIRS_AT_ONCE, 2 * PAIRS_AT_ONCE + 1])
def test_patches_are_a_third_voice(
    tmp_path: Path, make_checkpoint: MakeCheckpoint, count: int
) -> None:
    """The logit is the noisy-or of all three, of which missing patches are undecided."""
    plain = scorer(make_checkpoint(tmp_path / "plain")).logit(crops())
    whole = scorer(write_patched(tmp_path))
    traces, given = numbers(), pairs(count)
    said = float(head()(torch.from_numpy(traces)).mean()), plain
    heard = [scale * x + offset for (scale, offset), x in zip(VOICES[:2], said, strict=True)]
    third = float(patch_head()(torch.from_numpy(np.stack(given))).mean())

    def expected(patches: float) -> float:
        return float(np.logaddexp.reduce([*heard, 1.5 * patches - 0.5]) - np.log(3))

    found = whole.logit(crops(), traces=traces, patches=given)
    assert found == pytest.approx(expected(third), abs=1e-4)
    assert whole.logit(crops(), traces=traces) == pytest.approx(expected(0.0), abs=1e-5)


def test_a_checkpoint_without_patches_leaves_them_unread(tmp_path: Path) -> None:
    two = scorer(write(tmp_path))
    assert two.checkpoint.network.patches is None
    assert two.logit(crops(), patches=pairs(2)) == two.logit(crops())


def test_undecided_voices_together_are_undecided() -> None:
    network = FrameSequenceNetwork(
        "efficientnet_lite0", hidden=4, traces=COUNT, kinds=2, patches=True
    )
    assert network.traces is not None
    network.requires_grad_(False).traces.linear.bias.zero_()
    assert network.traces.voices.shape == (3, 2)
    assert float(network.traces.combine(torch.zeros(()), None)) == pytest.approx(0.0, abs=1e-6)


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
        ({"traces.voices": torch.tensor(VOICES[:2])}, r"'traces\.voices' \(2, 2\) instead of \(3"),
        ({"patches.judge.0.bias": torch.zeros(3)}, r"judge\.0\.bias' \(3,\) instead of \(64,\)"),
        ({"patches.judge.3.bias": None}, r"missing, first 'patches\.judge\.3\.bias'"),
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
    path = write_patched(tmp_path / "three")
    first = run(authentic, path)
    release_network()
    second = run(authentic, path)
    assert first.tracks == second.tracks
    assert first.checkpoint.patches
    assert first.checkpoint.trace_kinds == KINDS
    loud = {"traces.voices": torch.tensor([*VOICES[:2], (1.5, 4.0)])}
    other = run(authentic, write_patched(tmp_path / "loud", **loud))
    assert other.tracks[0].boxes == first.tracks[0].boxes
    assert other.tracks[0].logit > first.tracks[0].logit + 0.5
