"""The small networks that training fits: shapes, seeds, broken-off fits, whom they see, and what
their pictures change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.training.clips import make_clip_pair
from deepfake_desktop.training.dataset import PairMaker, PairSettings
from deepfake_desktop.training.decoders import fit as fitting
from deepfake_desktop.training.decoders.networks import DecoderNetwork, warp_back
from deepfake_desktop.training.decoders.render import plan_errands, prepare_decoders
from deepfake_desktop.training.decoders.samples import lower_half, prepare, to_batch
from deepfake_desktop.training.decoders.settings import FAMILY, DecoderSettings, Plan
from deepfake_desktop.training.face_store import FaceStore, box_from_landmarks
from deepfake_desktop.training.fakes import KINDS, Subject, possible
from deepfake_desktop.training.recipe import Recipe, changed
from deepfake_desktop.training.synthetic_cache import FITTED
from tests.training.faces import portrait, small_store

TINY = DecoderSettings(
    networks=("nearest", "mouth_nearest"),
    steps=4,
    batch=2,
    patch_px=48,
    width=4,
    faces=4,
    per_face=2,
    clips=0,
    smallest_face_px=40,
    largest_face_px=60,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FaceStore:
    return small_store(tmp_path_factory.mktemp("store"), stills=6, clips=2, frames=20)


def silent(*_: object) -> None:
    return None


def fit(store: FaceStore, path: Path, plan: Plan, report: object = silent) -> DecoderNetwork:
    return fitting.fit(store, plan, TINY, path, seed=3, start=None, report=report)  # type: ignore[arg-type]


def weights(network: DecoderNetwork) -> np.ndarray:
    return torch.cat([p.detach().flatten() for p in network.parameters()]).numpy()


@pytest.mark.parametrize("plan", FAMILY, ids=lambda plan: plan.name)
def test_every_network_gives_a_picture_near_the_input_before_any_fit(
    plan: Plan, store: FaceStore
) -> None:
    torch.manual_seed(0)
    network = DecoderNetwork(plan, width=8).eval()
    clips = store.clips(np.arange(len(store)))
    work = prepare(store, 8, plan.task, np.random.default_rng(0), face_px=64, clips=clips)
    batch, target = to_batch([work])
    with torch.inference_mode():
        made = network(batch, torch.zeros(1, 1, 3, 3))
    assert made.shape == target.shape
    assert (made - target).abs().mean() < 0.25


def test_a_fit_brings_the_picture_nearer(store: FaceStore, tmp_path: Path) -> None:
    settings = replace(TINY, steps=60, width=8)
    plan = FAMILY[0]
    torch.manual_seed(3)
    before = DecoderNetwork(plan, width=8).eval()
    after = fitting.fit(store, plan, settings, tmp_path / "n.pt", seed=3, start=None, report=silent)
    work = prepare(store, 0, "reconstruct", np.random.default_rng(0), face_px=50, clips={})
    batch, target = to_batch([work])
    with torch.inference_mode():
        errors = [float((n(batch) - target).abs().mean()) for n in (before, after)]
    assert errors[1] < 0.8 * errors[0]


def test_the_same_seed_fits_the_same_network_also_when_broken_off(
    store: FaceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "_SAVE_EVERY", 2)
    plan = next(p for p in FAMILY if p.name == "shuffle_quantised")
    whole = fit(store, tmp_path / "whole.pt", plan)

    def break_off(_: str, done: int, __: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(store, tmp_path / "broken.pt", plan, break_off)
    assert not (tmp_path / "broken.pt").exists()
    steps: list[int] = []
    resumed = fit(store, tmp_path / "broken.pt", plan, lambda _, done, __: steps.append(done))
    assert steps == [3, 4]
    assert np.allclose(weights(whole), weights(resumed), atol=1e-3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["broken.pt", "whole.pt"]


def test_nobody_held_out_is_fitted_on(
    store: FaceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    second: list[int] = []

    def watched(store_: FaceStore, face: int, *args: object, **options: object) -> object:
        seen.append(face)
        second.extend(options["clips"].get(str(store_.clip[face]), []))  # type: ignore[attr-defined]
        return prepare(store_, face, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(fitting, "prepare", watched)
    plan = next(p for p in FAMILY if p.name == "reenact_bilinear")
    settings = replace(TINY, steps=20)
    fitting.fit(store, plan, settings, tmp_path / "n.pt", seed=1, start=None, report=silent)
    held = {str(store.identity[i]) for i in store.split(held_out=True)}
    assert held
    assert len({str(store.identity[i]) for i in seen}) > 3
    assert not held & {str(store.identity[i]) for i in seen + second}


def test_reconstructions_are_made_once_and_more_are_added(store: FaceStore, tmp_path: Path) -> None:
    first = prepare_decoders(store, TINY, tmp_path, seed=5, report=silent)
    assert len(first) == TINY.faces * TINY.per_face
    stages: list[str] = []
    again = prepare_decoders(
        store, TINY, tmp_path, seed=5, report=lambda stage, *_: stages.append(stage)
    )
    assert stages == []
    more = prepare_decoders(store, replace(TINY, faces=5), tmp_path, seed=5, report=silent)
    assert len(more) == len(again) + TINY.per_face
    assert set(again.rows) < set(more.rows)


def test_a_folder_belongs_to_one_store(store: FaceStore, tmp_path: Path) -> None:
    settings = replace(TINY, networks=())
    prepare_decoders(store, settings, tmp_path / "nets", seed=5, report=silent)
    other = small_store(tmp_path / "other", stills=3, clips=0)
    with pytest.raises(UsageError, match="other faces"):
        prepare_decoders(other, settings, tmp_path / "nets", seed=5, report=silent)


def test_windows_go_through_one_network_and_come_back_as_a_run(
    store: FaceStore, tmp_path: Path
) -> None:
    settings = replace(TINY, networks=("nearest",), faces=0, clips=2)
    cache = prepare_decoders(store, settings, tmp_path, seed=5, report=silent)
    assert len(cache) == 40
    pairs = PairSettings(image_size=64, kinds={"decoder": 1.0}, still_share=0.0, chain_strength=0.0)
    maker = PairMaker(store, np.flatnonzero(store.clip != ""), pairs, cache)
    clip = make_clip_pair(maker, np.random.default_rng(0), frames=8)
    assert clip.kind == "decoder"
    changed = np.abs(clip.fake.astype(int) - clip.real.astype(int)).mean(axis=(1, 2, 3))
    assert (changed > 0.05).all()


def test_errands_cover_stills_and_clips_and_keep_their_order(store: FaceStore) -> None:
    names = [plan.name for plan in FAMILY]
    few = plan_errands(store, names, replace(TINY, faces=6), seed=1)
    many = plan_errands(store, names, replace(TINY, faces=9), seed=1)
    assert few == many[: len(few)]
    assert {bool(store.clip[e.faces[0]]) for e in few} == {False, True}
    assert all(a.name != b.name for a, b in zip(few[::2], few[1::2], strict=True))


def test_a_mouth_network_never_sees_the_mouth(store: FaceStore) -> None:
    work = prepare(store, 0, "mouth", np.random.default_rng(0), face_px=60, clips={})
    assert work.extra is not None
    mask = work.extra[..., 3]
    assert mask.any()
    assert (work.picture[mask > 0] == 0).all()
    assert np.array_equal(work.picture[mask == 0], work.target[mask == 0])


def test_a_warp_brings_features_back_where_the_flow_points() -> None:
    features = torch.arange(16.0).view(1, 1, 1, 16).expand(1, 1, 16, 16)
    flow = torch.zeros(1, 64, 64, 2)
    flow[..., 0] = 8  # two of the small pixels
    moved = warp_back(features, flow)
    assert torch.allclose(moved[0, 0, 5, 4:12], features[0, 0, 5, 2:10], atol=0.2)


def test_a_pasted_mouth_leaves_the_rest_of_the_picture() -> None:
    image, points = portrait()
    made = np.full_like(image, 90)
    target = Subject(image, points, synthetic={FITTED + "mouth_nearest": made})
    mask = lower_half(points, image.shape)
    box = box_from_landmarks(points)
    for seed in range(12):
        fake = KINDS["decoder"](np.random.default_rng(seed), target)(image, points, 0)
        changed = (fake != image).any(axis=2)
        assert changed[mask > 0].mean() > 0.3
        outside = np.ones(image.shape[:2], bool)
        reach = round(0.2 * box.width_px)
        outside[
            max(0, int(box.top_px) - reach) : int(box.bottom_px) + reach,
            max(0, int(box.left_px) - reach) : int(box.right_px) + reach,
        ] = False
        assert outside.any()
        assert not changed[outside].any()
    assert not possible("decoder", replace(target, synthetic={"taef2": made}))
    assert not possible("synthesis", target)


def test_a_recipe_names_the_networks() -> None:
    values = {"decoders": {"networks": ["nearest", "restorer"], "faces": 10}}
    recipe = changed(Recipe(), values, where="here")
    assert [plan.name for plan in recipe.decoders.plans()] == ["nearest", "restorer"]
    assert Recipe().decoders.plans() == ()
    with pytest.raises(UsageError, match="no decoder is called"):
        DecoderSettings(networks=("nothing",)).plans()
