"""The patch stage: its pairs, its steps, a run that is broken off, and a whole training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from deepfake_desktop.cli import main
from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint
from deepfake_desktop.core.network import PatchHead
from deepfake_desktop.core.patches import PATCH_PX
from deepfake_desktop.training import clips, dataset
from deepfake_desktop.training.clips import make_clip_pair, make_patch_pairs
from deepfake_desktop.training.dataset import PairMaker, PairSettings
from deepfake_desktop.training.patch_settings import PatchStage
from deepfake_desktop.training.patch_stage import (
    PatchStream,
    PatchTrainer,
    crop_pair,
    patch_maker,
    start,
)
from tests.training.faces import small_store
from tests.training.test_traces import TRACED, given_videos

STAGE = PatchStage(
    steps=4,
    clips=1,
    moments=2,
    frames=3,
    crop_px=64,
    save_every=2,
    kinds={"puppet": 1.0, "lips": 1.0},
)


@pytest.fixture
def maker(tmp_path: Path) -> PairMaker:
    store = small_store(tmp_path / "store", stills=4, clips=4)
    return patch_maker(store, PairSettings(image_size=64), STAGE, None)


# --- pairs ---------------------------------------------------------------------------------------


def test_both_sides_and_both_frames_are_there(maker: PairMaker) -> None:
    pairs, kind = make_patch_pairs(maker, np.random.default_rng(1), frames=4, moments=3)
    assert pairs.shape == (3, 2, 2, PATCH_PX, PATCH_PX, 4)
    assert kind in STAGE.kinds
    assert set(np.unique(pairs[..., 3])) <= {0, 255}
    assert (pairs[..., 3] == 255).mean() > 0.1
    real, fake = pairs[:, 0], pairs[:, 1]
    assert np.array_equal(real[..., 3], fake[..., 3])  # the same place of the same picture
    assert not np.array_equal(real, fake)


def test_a_real_clip_told_fake_gives_the_very_same_patches(
    maker: PairMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colours, size and codec of sharing are one and the same on both sides."""
    untouched = {"none": lambda rng, subject: lambda image, points, step: image}
    monkeypatch.setattr(dataset, "KINDS", untouched)
    monkeypatch.setattr(clips, "KINDS", untouched)
    plain = patch_maker(maker.store, maker.settings, replace(STAGE, kinds={"none": 1.0}), None)
    for number in range(4):
        pairs, _ = make_patch_pairs(plain, np.random.default_rng(number), frames=3, moments=2)
        assert np.array_equal(pairs[:, 0], pairs[:, 1])
        assert not np.array_equal(pairs[:, 0, 0], pairs[:, 0, 1])  # before and now


def test_a_step_depends_on_seed_and_step_alone(maker: PairMaker) -> None:
    stream = PatchStream(maker, STAGE, seed=3, first_step=0)
    batches = iter(stream)
    first, second = next(batches), next(batches)
    assert first.shape == (2, 2, 2, 64, 64, 4)
    assert np.array_equal(stream.step(1), second)
    assert torch.equal(next(iter(PatchStream(maker, STAGE, seed=3, first_step=1))), second)
    assert not np.array_equal(PatchStream(maker, STAGE, seed=4, first_step=0).step(0), first)


def test_what_training_sees_of_a_patch_lies_where_there_is_a_picture() -> None:
    pair = np.zeros((2, 2, PATCH_PX, PATCH_PX, 4), np.uint8)
    pair[:, :, 30:150, 60:200] = np.arange(4, dtype=np.uint8).reshape(2, 2, 1, 1, 1) + 1
    pair[..., 3] = np.where(pair[..., 3] > 0, 255, 0)
    pair[0, 0, 30:150, 60:130, 0] = 200  # left differs from right
    mirrored = set()
    for seed in range(40):
        part = crop_pair(pair, np.random.default_rng(seed), side=64)
        assert (part[..., 3] == 255).all()
        assert part.shape == (2, 2, 64, 64, 4)
        row = part[0, 0, 0, :, 0] == 200
        if row.any() and not row.all():
            mirrored.add(bool(row[0]))
    assert mirrored == {True, False}
    small = np.zeros_like(pair)
    small[:, :, 100:120, 100:120] = 255
    part = crop_pair(small, np.random.default_rng(0), side=64)
    assert (part[..., 3] == 255).sum() == 4 * 20 * 20  # all of what is there
    assert not crop_pair(np.zeros_like(pair), np.random.default_rng(0), side=64).any()


def test_a_made_clip_is_looked_at_as_an_analysis_does(maker: PairMaker) -> None:
    """Two in a row of every ten frames, real and fake."""
    pair = make_clip_pair(maker, np.random.default_rng(0), frames=12, native=True)
    assert pair.real_native is not None
    assert pair.fake_native is not None
    assert pair.real_native.patches.shape == (2, 2, PATCH_PX, PATCH_PX, 4)
    assert not np.array_equal(pair.real_native.patches, pair.fake_native.patches)
    assert make_clip_pair(maker, np.random.default_rng(0), frames=8).real_native is None


# --- steps ---------------------------------------------------------------------------------------


def test_the_blocks_of_imagenet_stay_and_what_judges_them_is_trained(
    maker: PairMaker, tmp_path: Path
) -> None:
    trainer = PatchTrainer(maker, STAGE, tmp_path / "patches.pt", seed=1)
    before = {name: value.clone() for name, value in start().stem.state_dict().items()}
    trainer.run(workers=0)
    after = trainer.network.stem.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    fresh = PatchTrainer(maker, STAGE, tmp_path / "fresh.pt", seed=1).network.judge.state_dict()
    learned = trainer.network.judge.state_dict()
    assert all(not torch.equal(value, learned[name]) for name, value in fresh.items())


def test_a_planted_difference_is_learned(tmp_path: Path, maker: PairMaker) -> None:
    """A fake that flickers, in patches of noise: only a change of frames gives it away."""
    stage = replace(STAGE, learning_rate=3e-3)
    trainer = PatchTrainer(maker, stage, tmp_path / "patches.pt", seed=1)
    rng = np.random.default_rng(0)

    def batch() -> torch.Tensor:
        made = np.repeat(rng.integers(90, 160, (6, 1, 1, 64, 64, 4), dtype=np.uint8), 2, axis=1)
        made = np.repeat(made, 2, axis=2)
        made[:, 1, 1, ::2, :, :3] += 25
        made[:, 1, 0, 1::2, :, :3] += 25
        made[..., 3] = 255
        return torch.from_numpy(made)

    first = [trainer.train_step(batch())[0] for _ in range(3)]
    for _ in range(25):
        trainer.train_step(batch())
    last = [trainer.train_step(batch()) for _ in range(3)]
    assert np.mean([loss for loss, _ in last]) < 0.6 * np.mean(first)
    assert np.mean([order for _, order in last]) > 0.9


def test_a_run_broken_off_goes_on_as_if_it_had_not_been(maker: PairMaker, tmp_path: Path) -> None:
    whole = PatchTrainer(maker, STAGE, tmp_path / "whole.pt", seed=1)
    whole.run(workers=0)

    def kill(step: int) -> None:
        if step == 3:
            raise KeyboardInterrupt

    path = tmp_path / "parts.pt"
    with pytest.raises(KeyboardInterrupt):
        PatchTrainer(maker, STAGE, path, seed=1).run(workers=0, report=kill)
    again = PatchTrainer(maker, STAGE, path, seed=1)
    assert again.step == 2
    again.run(workers=0)
    assert again.step == STAGE.steps
    for name, value in whole.ema.network.state_dict().items():
        assert torch.allclose(value, again.ema.network.state_dict()[name], atol=1e-6), name
    assert PatchTrainer(maker, STAGE, path, seed=1).step == STAGE.steps
    assert PatchTrainer(maker, STAGE, path, seed=2).step == 0
    assert PatchTrainer(maker, replace(STAGE, crop_px=96), path, seed=1).step == 0
    assert PatchTrainer(maker, replace(STAGE, steps=9, voice=(2.0, 0.0)), path, seed=1).step == 4


# --- whole runs ----------------------------------------------------------------------------------

PATCHED = f"""{TRACED}
[patches]
steps = 2
clips = 1
frames = 3
crop_px = 64
kinds = {{ regenerated_lips = 1.0, puppet = 1.0 }}
voice = [1.5, -0.25]
"""


def test_a_run_with_patches_makes_a_checkpoint_that_holds_them(tmp_path: Path) -> None:
    given = given_videos(tmp_path, PATCHED)
    assert main([*given, "--out", str(tmp_path / "models")]) == 0
    (path,) = (tmp_path / "models").glob("*.pt")
    loaded = load_checkpoint(file_for_path(path))
    assert loaded.card.patches
    assert loaded.network.traces is not None
    assert loaded.network.traces.voices[2].tolist() == [1.5, -0.25]
    assert loaded.network.patches is not None
    trained = torch.load(tmp_path / "run" / "patches.pt", weights_only=True)["ema"]
    kept = loaded.network.patches.state_dict()
    for name, value in kept.items():
        assert torch.allclose(trained[name].float(), value.float(), rtol=2e-3, atol=1e-2), name
    for name, value in start().stem.state_dict().items():
        assert torch.equal(trained[f"stem.{name}"], value), name

    copies = tmp_path / "copies"
    again = [*given, "--out", str(copies), "--add-traces", str(path), "--tag", "again"]
    assert main(again) == 0
    (copy,) = copies.glob("*_again.pt")
    after = load_checkpoint(file_for_path(copy)).network
    assert isinstance(after.patches, PatchHead)
    before, new = loaded.network.state_dict(), after.state_dict()
    assert all(torch.allclose(before[name], new[name], atol=1e-3) for name in before)

    (tmp_path / "r.toml").write_text(TRACED, encoding="utf-8")
    assert main([*given, "--out", str(copies), "--add-traces", str(path), "--tag", "without"]) == 0
    (plain,) = copies.glob("*_without.pt")
    assert load_checkpoint(file_for_path(plain)).network.patches is None
    (tmp_path / "r.toml").write_text(PATCHED, encoding="utf-8")
    only = [*given, "--out", str(copies), "--tag", "only", "--add-patches"]
    assert main([*only, str(plain)]) == 0
    (patched,) = copies.glob("*_only.pt")
    both = [load_checkpoint(file_for_path(p)).network.state_dict() for p in (path, patched)]
    assert all(torch.allclose(both[0][name], both[1][name], atol=1e-3) for name in both[0])


def test_patches_are_not_added_to_a_checkpoint_without_traces(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.training.conftest import write_checkpoint

    bare = write_checkpoint(tmp_path).path
    given = given_videos(tmp_path, PATCHED)
    assert main([*given, "--out", str(tmp_path / "m"), "--add-patches", str(bare)]) == 2
    assert "has no traces" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "m").exists()
