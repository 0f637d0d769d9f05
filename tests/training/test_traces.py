"""The trace stage: its pairs, what a fit makes of planted differences, and a whole run with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from deepfake_desktop.cli import main
from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint
from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.core.faces import FaceFinder, eyes_and_nose
from deepfake_desktop.core.inference import Scorer
from deepfake_desktop.core.network import TextureStem, TraceHead
from deepfake_desktop.core.patches import FACE, PATCH_PX
from deepfake_desktop.core.traces import trace_names
from deepfake_desktop.training import clips, dataset
from deepfake_desktop.training.clips import make_trace_pair
from deepfake_desktop.training.dataset import PairSettings
from deepfake_desktop.training.export import write_checkpoint
from deepfake_desktop.training.face_store import (
    FaceStore,
    LandmarkFinder,
    StoredFace,
    StoreWriter,
    eyes_and_nose_of,
)
from deepfake_desktop.training.fakes import Subject, regenerated
from deepfake_desktop.training.fakes.base import face_size, hull_mask, hull_points
from deepfake_desktop.training.recipe import load_recipe
from deepfake_desktop.training.trace_settings import FAMILIES, TraceStage
from deepfake_desktop.training.trace_stage import (
    TraceSet,
    fit_traces,
    measure_traces,
    texture_stem,
    trace_maker,
)
from tests.training.faces import portrait, small_store
from tests.training.test_train import TINY, write_video

COUNT = len(trace_names())
STAGE = TraceStage(clips=3, frames=4)
STEM = texture_stem()
KIND_OF = {family: kinds[0] for family, kinds in FAMILIES.items()}


def maker_of(store: FaceStore, *, held_out: bool = False, stage: TraceStage = STAGE):
    return trace_maker(store, PairSettings(image_size=64), stage, None, held_out=held_out)


# --- pairs ---------------------------------------------------------------------------------------


def test_five_of_the_68_landmarks_are_those_of_the_small_model() -> None:
    image = portrait()[0]
    (found,) = FaceFinder().everywhere(image)
    finder = LandmarkFinder()
    large = eyes_and_nose_of(finder.landmarks(image, found.box))
    small = eyes_and_nose(image, found.box)
    assert np.abs(large - small).max() < 0.08 * found.box.width_px


def test_a_pair_depends_on_seed_and_number_alone(tmp_path: Path) -> None:
    maker = maker_of(small_store(tmp_path, stills=2, clips=3))
    whole = measure_traces(maker, STAGE, seed=5, stem=STEM)
    again = measure_traces(maker, replace(STAGE, clips=2), seed=5, stem=STEM)
    assert whole.real.shape == whole.fake.shape == (3, COUNT + TextureStem.NUMBERS)
    assert np.array_equal(whole.real[:2], again.real, equal_nan=True)
    assert np.array_equal(whole.fake[:2], again.fake, equal_nan=True)
    assert whole.kinds[:2] == again.kinds
    other = measure_traces(maker, replace(STAGE, clips=2), seed=6)
    assert other.fake.shape == (2, COUNT)
    assert not np.array_equal(other.fake, again.fake[:, :COUNT], equal_nan=True)
    whole.save(tmp_path / "traces.npz")
    kept = TraceSet.load(tmp_path / "traces.npz")
    assert np.array_equal(kept.fake, whole.fake, equal_nan=True)
    assert (kept.kinds, kept.identities, kept.made_as) == (whole.kinds, whole.identities, "")


def test_a_real_clip_told_fake_has_the_very_traces_of_the_real_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colours, size and codec of sharing are one and the same on both sides, so that nothing but
    the fake itself can tell: not even a probe is needed. A fake a little soft is told at once."""
    untouched = {"none": lambda rng, subject: lambda image, points, step: image}
    monkeypatch.setattr(dataset, "KINDS", untouched)
    monkeypatch.setattr(clips, "KINDS", untouched)
    stage = replace(STAGE, kinds={"none": 1.0})
    maker = maker_of(small_store(tmp_path, stills=2, clips=3), stage=stage)
    chains = set()
    original = clips.chains.draw_codec
    monkeypatch.setattr(
        clips.chains, "draw_codec", lambda rng: chains.add(repr(c := original(rng))) or c
    )
    for number in range(5):
        real, fake, kind, _ = make_trace_pair(maker, np.random.default_rng(number), frames=4)
        assert kind == "none"
        assert np.isfinite(real.traces).mean() > 0.9
        assert np.array_equal(real.traces, fake.traces, equal_nan=True)
        assert real.patches.shape == (1, 2, 3, PATCH_PX, PATCH_PX, 4)
        assert np.array_equal(real.patches, fake.patches)
        assert ((real.patches[..., 3] & FACE) > 0).mean() > 0.05
        assert not np.array_equal(real.patches[:, 0], real.patches[:, 1])  # before and now
    assert len(chains) == 5
    soft = {"none": lambda rng, subject: lambda image, points, step: image // 4 * 4}
    monkeypatch.setattr(clips, "KINDS", soft)
    real, fake, *_ = make_trace_pair(maker, np.random.default_rng(0), frames=4)
    assert not np.allclose(real.traces, fake.traces, equal_nan=True)
    assert not np.array_equal(real.patches, fake.patches)


def test_people_held_out_short_clips_and_labelled_fakes_are_left_out(tmp_path: Path) -> None:
    store = small_store(tmp_path, stills=3, clips=6, frames=STAGE.frames)
    pairs = PairSettings(image_size=64)
    inside, outside = (maker_of(store, held_out=held) for held in (False, True))
    held = {str(store.identity[i]) for i in store.split(held_out=True)}
    used = {str(store.identity[i]) for run in inside.clips.values() for i in run}
    assert held
    assert len(used) >= 4
    assert not used & held
    assert {str(store.identity[i]) for run in outside.clips.values() for i in run} <= held
    rng = np.random.default_rng(0)
    stills = {str(store.identity[i]) for faces in inside.stills.values() for i in faces}
    assert stills
    assert not stills & held
    assert {str(store.identity[inside.draw_face(rng)]) for _ in range(60)} <= used | stills
    assert inside.settings.given_share == 0.0
    assert pairs.given_share > 0
    assert not maker_of(store, stage=replace(STAGE, frames=STAGE.frames + 1)).clips


# --- fakes made anew -----------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [regenerated.draw_lips, regenerated.draw_face])
def test_a_face_made_anew_changes_inside_its_region_only(draw) -> None:
    image, points = portrait()
    size = face_size(points)
    low, high = points.min(axis=0), points.max(axis=0)
    middle, reach = points.mean(axis=0), 0.62 * size
    if draw is regenerated.draw_lips:
        far = np.ones(image.shape[:2], bool)
        x0, y0, x1, y1 = (int(v) for v in (*(low - 0.16 * size), *(high + 0.3 * size)))
        far[y0:y1, max(0, x0) : x1] = False
    else:
        whole = hull_points(points, "whole")
        grown = whole.mean(axis=0) + (whole - whole.mean(axis=0)) * np.float32(1.25)
        far = hull_mask(image.shape, grown) == 0
        (bx0, by0), (bx1, by1) = (middle - reach).astype(int), (middle + reach).astype(int)
        far[max(0, by0) : by1, max(0, bx0) : bx1] = False
    assert far.mean() > 0.1
    mouth = hull_mask(image.shape, hull_points(points, "mouth")) > 0
    for seed in range(12):
        fake = draw(np.random.default_rng(seed), Subject(image, points))(image, points, 0)
        change = np.abs(fake.astype(np.int16) - image).max(axis=2)
        assert change[far].max() <= 1, seed
        assert change[mouth].mean() > 0.3, seed


def test_a_face_at_the_edge_of_the_picture_is_made_anew_all_the_same() -> None:
    image, points = portrait()
    cut = image[:, int(points[30, 0]) :]
    moved = points - np.array([int(points[30, 0]), 0], np.float32)
    for draw in (regenerated.draw_lips, regenerated.draw_face):
        for seed in range(6):
            fake = draw(np.random.default_rng(seed), Subject(cut, moved))(cut, moved, 0)
            assert fake.shape == cut.shape


# --- the fit -------------------------------------------------------------------------------------


def planted(
    *, people: dict[str, int], signal: dict[str, float], family: str = "lip sync", seed: int = 0
) -> TraceSet:
    """Noise, and in every fake of a person ``signal`` of that person on the first number."""
    rng = np.random.default_rng(seed)
    names = [name for name, count in people.items() for _ in range(count)]
    real, fake = (rng.normal(0, 1, (len(names), 6)).astype(np.float32) for _ in range(2))
    fake[:, 0] += [signal[name] for name in names]
    return TraceSet(real, fake, (KIND_OF[family],) * len(names), tuple(names))


def spread(count: int, *, signal: float = 2.0, family: str = "lip sync", seed: int = 0) -> TraceSet:
    people = {f"p{k}": 1 for k in range(count)}
    return planted(people=people, signal=dict.fromkeys(people, signal), family=family, seed=seed)


def joined(*sets: TraceSet) -> TraceSet:
    return TraceSet(
        np.concatenate([s.real for s in sets]),
        np.concatenate([s.fake for s in sets]),
        tuple(k for s in sets for k in s.kinds),
        tuple(f"{number} {name}" for number, s in enumerate(sets) for name in s.identities),
    )


def loose(ridge: float = 0.05) -> TraceStage:
    return TraceStage(clips=1, ridge=ridge)


def test_a_planted_difference_is_found_and_the_same_each_time() -> None:
    found = spread(60)
    first, second = fit_traces(found, loose()), fit_traces(found, loose())
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name
    unseen = spread(60, seed=1)
    column = list(FAMILIES).index("lip sync")
    real, fake = (first(torch.from_numpy(x))[:, column] for x in (unseen.real, unseen.fake))
    assert float((fake[:, None] > real[None]).float().mean()) > 0.85
    weights = first.linear.weight[column].abs()
    assert int(weights.argmax()) == 0


def test_a_higher_ridge_means_smaller_weights() -> None:
    sizes = [
        float(fit_traces(spread(40), loose(ridge)).linear.weight.norm())
        for ridge in (0.01, 0.1, 1.0, 20.0)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.1 * sizes[0]


def test_twice_the_clips_of_everybody_change_nothing() -> None:
    found = spread(30)
    twice = TraceSet(
        np.concatenate([found.real] * 2), np.concatenate([found.fake] * 2),
        found.kinds * 2, found.identities * 2,
    )  # fmt: skip
    once, again = fit_traces(found, loose()), fit_traces(twice, loose())
    assert torch.allclose(once.linear.weight, again.linear.weight, atol=1e-3)


def test_a_person_counts_by_the_square_root_of_their_clips() -> None:
    """100 clips of one person against one of each of ten: equal weight, opposite signs."""
    people = {"many": 100, **{f"p{k}": 1 for k in range(10)}}
    signal = {name: (2.0 if name == "many" else -2.0) for name in people}
    balanced = fit_traces(planted(people=people, signal=signal), loose())
    fewer = {name: (25 if name == "many" else 1) for name in people}
    few_win = fit_traces(planted(people=fewer, signal=signal), loose())
    column = list(FAMILIES).index("lip sync")
    even, others = (float(h.linear.weight[column, 0]) for h in (balanced, few_win))
    alone = fit_traces(spread(10, signal=-2.0), loose())
    assert abs(even) < 0.35 * abs(float(alone.linear.weight[column, 0]))
    assert others < even - 0.1


def test_families_are_fitted_apart_and_weigh_the_same() -> None:
    """Thrice the fakes of one do not turn the other, and nobody is called fake for their number."""
    lips, swaps = spread(30, signal=2.0), spread(90, signal=-2.0, family="face swap", seed=2)
    both = fit_traces(joined(lips, swaps), loose())
    lip, swap = (list(FAMILIES).index(name) for name in ("lip sync", "face swap"))
    assert float(both.linear.weight[lip, 0]) > 0.3
    assert float(both.linear.weight[swap, 0]) < -0.3
    blind = fit_traces(joined(lips, swaps), loose(1e4))
    assert blind.linear.weight.abs().max() < 0.01
    assert blind.linear.bias.abs().max() < 0.05


def test_what_cameras_differ_in_counts_little() -> None:
    """Two numbers tell every fake from its original alike, but real clips differ in one of them,
    fakes going along; a third only says which camera it was. The outputs are log-odds."""
    rng = np.random.default_rng(0)
    count = 400
    camera = rng.normal(0, 3, count).astype(np.float32)
    real, fake = (rng.normal(0, 1, (count, 3)).astype(np.float32) for _ in range(2))
    fake[:, :2] += 2.0
    for side in (real, fake):
        side[:, 1] += camera
    people = tuple(f"p{k}" for k in range(count))
    found = TraceSet(real, fake, (KIND_OF["lip sync"],) * count, people)
    head = fit_traces(found, loose(1e-3))
    column = list(FAMILIES).index("lip sync")
    per_unit = head.linear.weight[column] / head.scale
    assert float(per_unit[0]) == pytest.approx(2.0, rel=0.15)  # 2 over a variance of 1
    assert float(per_unit[1].abs()) < 0.15 * float(per_unit[0])
    assert float(per_unit[2].abs()) < 0.1 * float(per_unit[0])
    said = head(torch.from_numpy(np.concatenate([real, fake])))[:, column]
    assert float(said.mean()) == pytest.approx(0.0, abs=1e-3)
    share = torch.sigmoid(said).reshape(2, -1).mean(dim=1)
    assert share.tolist() == pytest.approx([1 - 0.79, 0.79], abs=0.04)  # of d' = 2, at even odds


def test_a_family_without_fakes_says_nothing() -> None:
    head = fit_traces(spread(20), loose())
    column = list(FAMILIES).index("reenactment")
    assert float(head.linear.weight[column].abs().max()) == 0.0
    assert float(head.linear.bias[column]) == 0.0


def test_a_number_that_no_clip_shows_weighs_nothing() -> None:
    found = spread(20)
    for side in (found.real, found.fake):
        side[:, 3] = np.nan
        side[::2, 4] = np.nan
    head = fit_traces(found, loose())
    assert torch.isfinite(torch.cat([v.flatten() for v in head.state_dict().values()])).all()
    assert float(head.linear.weight[:, 3].abs().max()) == 0.0


# --- whole runs ----------------------------------------------------------------------------------

TRACED = f"""{TINY}
[traces]
clips = 3
frames = 5
kinds = {{ regenerated_lips = 1.0, puppet = 1.0 }}
"""


def given_videos(folder: Path, recipe: str) -> list[str]:
    (folder / "real").mkdir(parents=True)
    for number in (0, 1, 2):
        write_video(folder / "real" / f"v{number}.mp4", number)
    (folder / "r.toml").write_text(recipe, encoding="utf-8")
    given = ["train", "--real", str(folder / "real"), "--recipe", str(folder / "r.toml")]
    return [*given, "--run", str(folder / "run")]


def test_a_run_with_traces_makes_a_checkpoint_that_scores_as_in_training(tmp_path: Path) -> None:
    given = given_videos(tmp_path, TRACED)
    assert main([*given, "--out", str(tmp_path / "models")]) == 0
    (path,) = (tmp_path / "models").glob("*.pt")
    loaded = load_checkpoint(file_for_path(path))
    assert loaded.card.trace_kinds == tuple(FAMILIES)
    found = TraceSet.load(tmp_path / "run" / "traces.npz")
    assert len(found.kinds) == 3
    trained = fit_traces(found, load_recipe(tmp_path / "r.toml").traces)
    crops = list(np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8))
    scorer = Scorer.open(loaded, "cpu")
    job_store = FaceStore(tmp_path / "run" / "store")
    stage = load_recipe(tmp_path / "r.toml").traces
    maker = maker_of(job_store, stage=stage)
    seed = load_recipe(tmp_path / "r.toml").seed + 4
    _, fake, *_ = make_trace_pair(maker, np.random.default_rng((seed, 0)), frames=stage.frames)
    assert np.allclose(found.fake[0, :COUNT], fake.traces, equal_nan=True)
    whole = scorer.logit(crops, traces=fake.traces, patches=list(fake.patches))
    loaded.network.traces = None
    alone = torch.tensor(scorer.logit(crops))
    expected = float(trained.combine(alone, torch.from_numpy(found.fake[0])))
    assert whole == pytest.approx(expected, rel=0.02, abs=0.02)
    kept = load_checkpoint(file_for_path(path)).network.patches.state_dict()
    for name, value in STEM.state_dict().items():
        assert torch.allclose(value.float(), kept[name].float(), rtol=2e-3, atol=1e-3), name

    copies = tmp_path / "copies"
    again = [*given, "--out", str(copies), "--add-traces", str(path), "--tag", "again"]
    assert main(again) == 0
    (copy,) = copies.glob("*_again.pt")
    before, after = (load_checkpoint(file_for_path(p)).network.state_dict() for p in (path, copy))
    assert all(torch.allclose(before[name], after[name], atol=1e-3) for name in before)


def test_traces_are_not_added_to_a_checkpoint_that_is_read_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.training.conftest import write_checkpoint as write_other

    other = write_other(tmp_path, classes=("real", "fake")).path
    given = given_videos(tmp_path, TRACED)
    assert main([*given, "--out", str(tmp_path / "m"), "--add-traces", str(other)]) == 2
    assert "trained here" in capsys.readouterr().err
    assert not (tmp_path / "m").exists()


def test_a_recipe_says_whether_there_are_traces(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(TINY, encoding="utf-8")
    assert load_recipe(path).traces.clips == 0
    path.write_text(TRACED, encoding="utf-8")
    assert load_recipe(path).traces.kinds == {"regenerated_lips": 1.0, "puppet": 1.0}
    path.write_text("[traces]\nclip = 3\n", encoding="utf-8")
    with pytest.raises(UsageError, match="clip"):
        load_recipe(path)


def test_a_head_goes_into_the_file_and_its_card(tmp_path: Path) -> None:
    from deepfake_desktop.core.network import FrameSequenceNetwork

    network = FrameSequenceNetwork("efficientnet_lite0", hidden=8, readout="mean")
    network.traces = TraceHead(COUNT, 1)
    path = write_checkpoint(
        network, tmp_path, accuracy=50, frames=4, tag="t", image_size=64, crop_margin=0.2,
        backbone="efficientnet_lite0", readout="mean", licence="MIT", trained_on=[], metrics={},
        notes="", trace_kinds=("lip sync",),
    )  # fmt: skip
    assert load_checkpoint(file_for_path(path)).card.trace_kinds == ("lip sync",)


def test_stills_alone_leave_the_trace_stage_out(tmp_path: Path) -> None:
    with StoreWriter(tmp_path) as writer:
        for number in range(3):
            image, points = portrait()
            writer.append(StoredFace(image, points, f"p{number}", "s", "", 0.0))
        writer.append(StoredFace(image, points, "f", "fakes", "f.mp4", 0.0, fake=True))
    from deepfake_desktop.core.network import FrameSequenceNetwork
    from deepfake_desktop.training.sources import Sources
    from deepfake_desktop.training.train import Job, add_traces_to

    path = tmp_path / "r.toml"
    path.write_text(TRACED, encoding="utf-8")
    job = Job(load_recipe(path), Sources(), tmp_path, None)
    network = FrameSequenceNetwork("efficientnet_lite0", hidden=4)
    assert not add_traces_to(network, job, FaceStore(tmp_path), None, lambda *_: None)
    assert network.traces is None
