"""Store, splits and pairs: nobody held out is trained on, and a step is always the same."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfake_desktop.training.clips import make_clip_pair
from deepfake_desktop.training.dataset import GIVEN, PairMaker, PairSettings
from deepfake_desktop.training.face_store import (
    FaceStore,
    LandmarkFinder,
    StoredFace,
    StoreWriter,
    box_from_landmarks,
)
from deepfake_desktop.training.frame_stage import UnitStream
from deepfake_desktop.training.splits import held_out_names, is_held_out
from deepfake_desktop.training.synthetic_cache import SyntheticCache, SyntheticWriter
from tests.training.faces import portrait, small_store, variant


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FaceStore:
    return small_store(tmp_path_factory.mktemp("store"))


def test_a_store_gives_back_what_was_put_in(tmp_path: Path) -> None:
    image, points = portrait()
    with StoreWriter(tmp_path) as writer:
        writer.append(StoredFace(image, points, "ann", "here", "", 0.0))
        writer.append(StoredFace(image[:99, :77], points, "bob", "there", "c", 1.5, fake=True))
    store = pickle.loads(pickle.dumps(FaceStore(tmp_path)))
    assert len(store) == 2
    assert np.array_equal(store[0].image, image)
    assert np.array_equal(store[1].image, image[:99, :77])
    assert (store[1].identity, store[1].clip, store[1].time_s, store[1].fake) == (
        "bob", "c", 1.5, True,
    )  # fmt: skip
    assert np.allclose(store[0].landmarks, points)


def test_the_box_from_landmarks_is_near_the_detectors() -> None:
    image, points = portrait()
    found = LandmarkFinder().detect(image)
    assert found is not None
    made = box_from_landmarks(points)
    assert abs(made.width_px / found.width_px - 1) < 0.2
    middle = (made.left_px + made.right_px - found.left_px - found.right_px) / 2
    assert abs(middle) < 0.12 * found.width_px


@given(st.sets(st.text(min_size=1, max_size=8), min_size=2, max_size=40))
def test_some_are_held_out_and_never_all(names: set[str]) -> None:
    held = held_out_names(names)
    assert held < names
    assert held
    assert held == held_out_names(sorted(names, reverse=True))


def test_about_an_eighth_is_held_out() -> None:
    share = np.mean([is_held_out(f"person {k}") for k in range(5000)])
    assert abs(share - 0.12) < 0.02


def test_no_held_out_person_is_ever_drawn(store: FaceStore) -> None:
    training = store.split(held_out=False)
    held = {str(store.identity[i]) for i in store.split(held_out=True)}
    assert held
    assert not held & {str(store.identity[i]) for i in training}
    maker = PairMaker(store, training, PairSettings())
    rng = np.random.default_rng(0)
    drawn = {str(store.identity[maker.draw_face(rng)]) for _ in range(600)}
    assert not drawn & held
    assert len(drawn) > 5


def test_a_step_depends_on_seed_and_number_alone(store: FaceStore) -> None:
    settings = PairSettings(image_size=64)
    maker = PairMaker(store, np.arange(len(store)), settings)
    stream = UnitStream(maker, units=2, seed=5, first_step=0)
    again = UnitStream(maker, units=2, seed=5, first_step=3)
    fourth = next(iter(again)).numpy()
    assert np.array_equal(stream.step(3), fourth)
    assert not np.array_equal(stream.step(3), stream.step(4))
    assert fourth.shape == (2, 2, 2, 64, 64, 3)


def test_the_two_views_of_a_unit_show_one_face_under_two_chains(store: FaceStore) -> None:
    maker = PairMaker(store, np.arange(len(store)), PairSettings(image_size=64))
    different = sum(
        not np.array_equal(*(p.real for p in maker.unit(np.random.default_rng(k))))
        for k in range(10)
    )
    assert different == 10


def test_cached_reconstructions_come_back_and_are_used(store: FaceStore, tmp_path: Path) -> None:
    writer = SyntheticWriter(tmp_path)
    for face in range(len(store)):
        writer.append(face, "grey", np.full((64, 56, 3), 128, np.uint8))
    writer.close()
    cache = pickle.loads(pickle.dumps(SyntheticCache(tmp_path)))
    assert len(cache) == len(store)
    settings = PairSettings(image_size=64, kinds={"synthesis": 1.0}, chain_strength=0.0)
    maker = PairMaker(store, np.arange(len(store)), settings, cache)
    pairs = [maker.unit(np.random.default_rng(k), views=1)[0] for k in range(6)]
    assert all(p.kind == "synthesis" for p in pairs)
    assert all(p.fake.std() < p.real.std() for p in pairs)


def test_a_broken_off_cache_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    writer = SyntheticWriter(tmp_path)
    for face in range(3):
        writer.append(face, "x", np.full((8, 8, 3), face, np.uint8))
    writer.close()
    pixels = tmp_path / "pixels.bin"
    pixels.write_bytes(pixels.read_bytes()[:-10])
    assert SyntheticCache(tmp_path).faces() == [0, 1]


def test_clip_pairs_move_and_differ(store: FaceStore) -> None:
    maker = PairMaker(store, np.arange(len(store)), PairSettings(image_size=64))
    for seed in range(3):
        pair = make_clip_pair(maker, np.random.default_rng(seed), frames=5)
        assert pair.real.shape == pair.fake.shape == (5, 64, 64, 3)
        assert not np.array_equal(pair.real[0], pair.real[3])
        assert not np.array_equal(pair.real, pair.fake)


def test_given_fakes_are_used_as_fakes_only(tmp_path: Path) -> None:
    with StoreWriter(tmp_path) as writer:
        for number in range(4):
            image, points = variant(number)
            writer.append(StoredFace(image, points, f"p{number}", "real", "", 0.0))
        for k in range(5):
            image, points = variant(9)
            green = image.copy()
            green[..., 1] = 255
            writer.append(StoredFace(green, points, "p9", "fake", "f", 0.08 * k, fake=True))
    store = FaceStore(tmp_path)
    settings = PairSettings(image_size=64, given_share=1.0, chain_strength=0.0)
    maker = PairMaker(store, np.arange(len(store)), settings)
    pairs = [maker.unit(np.random.default_rng(k), views=1)[0] for k in range(8)]
    assert {p.kind for p in pairs} == {GIVEN}
    assert all(p.fake[..., 1].mean() > 240 and p.real[..., 1].mean() < 240 for p in pairs)
    clip = make_clip_pair(maker, np.random.default_rng(0), frames=4)
    assert clip.kind == GIVEN
    assert clip.fake[..., 1].mean() > 240
