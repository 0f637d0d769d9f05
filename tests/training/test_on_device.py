"""Pairs made in batches: each step does what its single-picture sibling does, fakes differ where
they should, and nothing but the fake tells the two sides apart."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from deepfake_desktop.cli import main
from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.core.patches import smooth
from deepfake_desktop.training.dataset import PairMaker, PairSettings
from deepfake_desktop.training.face_store import box_from_landmarks
from deepfake_desktop.training.fakes import base
from deepfake_desktop.training.on_device import codec, fakes, pictures
from deepfake_desktop.training.on_device.faces import (
    CANVAS_PX,
    FACE_PX,
    REGIONS,
    DeviceFaces,
    on_canvas,
)
from deepfake_desktop.training.on_device.fakes import Batch, FakeMaker, colour_tables
from deepfake_desktop.training.on_device.stream import DeviceUnits
from deepfake_desktop.training.recipe import BATCH_WEIGHTS
from tests.training.faces import portrait, small_store, variant

CPU = torch.device("cpu")


def tensor(image: np.ndarray) -> Tensor:
    return torch.tensor(image).permute(2, 0, 1)[None].float()


def image(x: Tensor) -> np.ndarray:
    return x[0].permute(1, 2, 0).numpy()


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> tuple[PairMaker, DeviceFaces]:
    store = small_store(tmp_path_factory.mktemp("store"), stills=6, clips=2, frames=4)
    indices = np.arange(len(store))
    settings = PairSettings(image_size=96, crop_margin=0.2, margin_jitter=0.1)
    return PairMaker(store, indices, settings), DeviceFaces(store, indices, CPU)


def units(faces: tuple[PairMaker, DeviceFaces], *, count: int = 4, seed: int = 1) -> DeviceUnits:
    return DeviceUnits(*faces, None, kinds=BATCH_WEIGHTS, units=count, seed=seed, first_step=0)


# --- steps on pictures, against OpenCV ----------------------------------------------------------


def test_blur_is_opencvs() -> None:
    picture = portrait()[0]
    expected = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.7, borderType=1)
    assert np.abs(image(pictures.blurred(tensor(picture), 1.7)) - expected).max() < 0.6


def test_smoothing_is_that_of_the_patches() -> None:
    picture = portrait()[0]
    found = image(pictures.smoothed(tensor(picture), 0.5))
    difference = np.abs(found - smooth(picture, 0.5))
    assert difference[12:-12, 12:-12].max() < 1.0


def test_colours_are_those_of_the_tables() -> None:
    picture = portrait()[0]
    table = base.colour_table(np.random.default_rng(4), 1.0)
    found = image(pictures.recoloured(tensor(picture), torch.from_numpy(table)[None]))
    assert np.abs(found - base.recolour(picture, table)).max() < 1.5


def test_ycbcr_goes_there_and_back() -> None:
    x = tensor(portrait()[0])
    assert torch.allclose(pictures.from_ycbcr(pictures.to_ycbcr(x)), x, atol=0.01)


def test_a_reference_gives_its_colours_where_the_weight_is() -> None:
    x = tensor(portrait()[0])
    reference = (x * 0.7 + 30).clamp(0, 255)
    weight = torch.zeros_like(x[:, :1])
    weight[..., 60:150, 60:150] = 1
    found = pictures.with_colours_of(x, reference, weight)
    inside = weight.bool().expand_as(x)
    assert (found[inside] - reference[inside]).abs().mean() < 1.5


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_jpeg_is_libjpegs_but_for_rounding(quality: int) -> None:
    picture = portrait()[0][:208, :192]
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x221111]
    _, data = cv2.imencode(".jpg", picture[..., ::-1], options)
    expected = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB).astype(np.float32)
    found = image(codec.jpeg(tensor(picture), quality))
    lost = np.abs(expected - picture).mean()
    assert np.abs(found - expected).mean() < 0.35 * lost + 0.3


def test_h264_loses_more_at_a_higher_crf_and_keeps_size_and_content() -> None:
    picture = portrait()[0][:201, :187]
    lost = []
    for crf in (14, 26, 38):
        for block in (4, 8):
            found = image(
                codec.h264(tensor(picture), crf=crf, block=block, dead=1 / 6, corner=(3, 9))
            )
            assert found.shape == picture.shape
            lost.append(np.abs(found - picture).mean())
    assert lost[0] < lost[2] < lost[4] < 15
    assert lost[1] < lost[3] < lost[5] < 15


# --- faces and fakes ----------------------------------------------------------------------------


def test_a_canvas_has_the_face_in_its_middle_and_landmarks_on_it() -> None:
    picture, points = portrait()
    canvas, moved = on_canvas(picture, points)
    box = box_from_landmarks(moved)
    assert canvas.shape == (CANVAS_PX, CANVAS_PX, 3)
    assert box.width_px == pytest.approx(FACE_PX, abs=0.1)
    assert (box.left_px + box.right_px) / 2 == pytest.approx(CANVAS_PX / 2, abs=0.1)
    for at in (30, 36, 45, 57):  # the same skin under the same landmark
        x, y = np.round(points[at]).astype(int)
        u, v = np.round(moved[at]).astype(int)
        original = picture[y - 2 : y + 3, x - 2 : x + 3].mean(axis=(0, 1))
        assert np.abs(canvas[v - 2 : v + 3, u - 2 : u + 3].mean(axis=(0, 1)) - original).max() < 25


@pytest.mark.parametrize("kind", fakes.BATCH_KINDS)
def test_every_kind_changes_the_face(kind: str, faces: tuple[PairMaker, DeviceFaces]) -> None:
    maker = FakeMaker(faces[1], None)
    rows = torch.arange(4)
    batch = Batch(rows, rows.flip(0), rows)
    changed = []
    for seed in range(3):
        rng, noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        real, fake = maker.make(kind, batch, rng, noise)
        assert torch.equal(real, faces[1].images[rows].float())
        assert fake.isfinite().all()
        assert -0.5 < float(fake.min()) <= float(fake.max()) < 255.5
        changed.append(float((fake - real).abs().mean()))
    assert max(changed) > 0.5


def test_a_fake_covers_only_its_region(faces: tuple[PairMaker, DeviceFaces]) -> None:
    maker = FakeMaker(faces[1], None)
    rows = torch.arange(4)
    for seed in range(4):
        rng, noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        real, fake = maker.make("swap", Batch(rows, rows.flip(0), rows), rng, noise)
        different = (fake - real).abs().amax(dim=1) > 1
        hull = maker._mask(rows, "whole")[:, 0] > 0
        reach = round(0.1 * FACE_PX)
        around = torch.nn.functional.max_pool2d(
            hull[:, None].float(), 2 * reach + 1, stride=1, padding=reach
        )
        assert not (different & (around[:, 0] == 0)).any()


def test_a_donor_comes_onto_the_landmarks(faces: tuple[PairMaker, DeviceFaces]) -> None:
    """A white dot on the donor's nose lands on the nose of the face."""
    maker = FakeMaker(faces[1], None)
    own, donor = faces[1].landmarks[:1], faces[1].landmarks[5:6] + torch.tensor([9.0, -6.0])
    dotted = torch.zeros(1, 3, CANVAS_PX, CANVAS_PX)
    x, y = donor[0, 30].round().int().tolist()
    dotted[..., y - 1 : y + 2, x - 1 : x + 2] = 255
    straight = next(k for k in range(20) if np.random.default_rng(k).random() >= 0.5)
    rng = np.random.default_rng(straight)  # whose first draw bends nothing
    found = maker._onto(dotted, donor, own, torch.Generator(), rng)[0, 0]
    peak = divmod(int(found.argmax()), CANVAS_PX)
    assert abs(peak[1] - float(own[0, 30, 0])) < 3
    assert abs(peak[0] - float(own[0, 30, 1])) < 3


def test_masks_lie_on_the_face(faces: tuple[PairMaker, DeviceFaces]) -> None:
    shares = (faces[1].masks[0] > 0).float().mean(dim=(1, 2))
    by = dict(zip(REGIONS, shares.tolist(), strict=True))
    assert 0.01 < by["mouth"] < by["lower"] < by["face"] < by["whole"] < by["box"] < 0.6


# --- steps --------------------------------------------------------------------------------------


def test_a_step_depends_on_seed_and_number_alone(faces: tuple[PairMaker, DeviceFaces]) -> None:
    one, other = units(faces), units(faces)
    other.step(0)
    assert torch.equal(one.step(3), other.step(3))
    assert not torch.equal(one.step(3), one.step(4))
    assert not torch.equal(one.step(3), units(faces, seed=2).step(3))


def test_a_step_has_the_frame_stages_form(faces: tuple[PairMaker, DeviceFaces]) -> None:
    step = units(faces).step(0)
    assert step.shape == (4, 2, 2, 96, 96, 3)
    assert step.dtype == torch.uint8
    assert step.float().std() > 20
    assert not torch.equal(step[:, :, 0], step[:, :, 1])


def test_nothing_but_the_fake_tells_the_sides_apart(
    faces: tuple[PairMaker, DeviceFaces], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With covers that are the face itself, a forest on statistics of both sides finds nothing;
    with a planted trace it does."""
    from sklearn.ensemble import RandomForestClassifier

    def statistics(x: Tensor) -> np.ndarray:
        y = x.flatten(0, 1).permute(0, 3, 1, 2).float()
        steps = (y[..., 1:] - y[..., :-1]).abs()
        found = [y.mean(dim=(2, 3)), y.std(dim=(2, 3)), steps.mean(dim=(2, 3))]
        found += [(y - pictures.blurred(y, s)).abs().mean(dim=(2, 3)) for s in (0.8, 2.0)]
        return torch.cat(found, dim=1).numpy()

    def score(trace: float) -> float:
        def make(
            self: FakeMaker, kind: str, batch: Batch, rng: object, noise: torch.Generator
        ) -> tuple[Tensor, Tensor]:
            real = self.faces.images[batch.faces].float()
            return real, real + trace * (pictures.blurred(real, 1.5) - real)

        monkeypatch.setattr(FakeMaker, "make", make)
        stream = units(faces, count=12)
        sides: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for number in range(9):
            step = stream.step(number)
            for side in (0, 1):
                sides[side].append(statistics(step[:, :, side]))
        x = np.concatenate([*sides[0], *sides[1]])
        y = np.repeat([0, 1], len(x) // 2)
        trained = np.tile(np.arange(len(x) // 2) < len(x) // 4, 2)
        forest = RandomForestClassifier(200, random_state=0, min_samples_leaf=3)
        forest.fit(x[trained], y[trained])
        return float(forest.score(x[~trained], y[~trained]))

    assert score(0.0) < 0.58
    assert score(1.0) > 0.65


def test_a_recipe_knows_every_kind() -> None:
    assert set(BATCH_WEIGHTS) == set(fakes.BATCH_KINDS)


@pytest.mark.parametrize(
    ("kinds", "said"), [({"swap": 1.0, "puppets": 1.0}, "puppets"), ({"swap": 0.0}, "no kind")]
)
def test_kinds_that_cannot_be_made_are_said(
    kinds: dict[str, float], said: str, faces: tuple[PairMaker, DeviceFaces]
) -> None:
    with pytest.raises(UsageError, match=said):
        DeviceUnits(*faces, None, kinds=kinds, units=2, seed=1, first_step=0)


def test_tables_differ_from_picture_to_picture() -> None:
    tables = colour_tables(np.random.default_rng(1), 5, 1.0, CPU)
    assert tables.shape == (5, 3, 3)
    assert tables.std(dim=0).min() > 0


# --- a training ---------------------------------------------------------------------------------


def test_a_training_takes_its_pairs_from_the_device(tmp_path: Path) -> None:
    folder = tmp_path / "portraits"
    folder.mkdir()
    for number in range(4):
        cv2.imwrite(str(folder / f"p{number}.png"), variant(number)[0][..., ::-1])
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'warm_start = "none"\nthreads = 1\nworkers = 0\non_device = true\n'
        "[pairs]\nimage_size = 64\n"
        "[frame]\nsteps = 2\nunits = 2\nwarmup_steps = 1\ndecay_steps = 1\nsave_every = 1\n"
        "[sequence]\nframes = 4\nclips = 2\nepochs = 1\nbatch = 2\nhidden = 8\n",
        encoding="utf-8",
    )
    common = ["train", "--faces", str(folder), "--recipe", str(recipe)]
    sheet = tmp_path / "sheet.png"
    assert main([*common, "--run", str(tmp_path / "run"), "--preview", str(sheet)]) == 0
    drawn = cv2.imread(str(sheet))
    assert drawn is not None
    assert drawn.shape == (2 * len(fakes.BATCH_KINDS) * 64, 8 * 64, 3)
    out = tmp_path / "models"
    assert main([*common, "--run", str(tmp_path / "run"), "--out", str(out)]) == 0
    assert list(out.glob("model_*.pt"))
    lines = (tmp_path / "run" / "curve.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
