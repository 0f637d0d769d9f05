"""Whole trainings in miniature: they end in a checkpoint that the program loads, and a run that
was broken off goes on as if it had not been."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from torch import nn

from deepfake_desktop.cli import main
from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint
from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.core.network import FrameSequenceNetwork, normalise
from deepfake_desktop.training import autoencoder, losses, meso4, sources
from deepfake_desktop.training.cli import RECIPES
from deepfake_desktop.training.curves import read_columns
from deepfake_desktop.training.dataset import PairMaker, PairSettings
from deepfake_desktop.training.ema import Ema
from deepfake_desktop.training.export import write_checkpoint
from deepfake_desktop.training.face_store import FaceStore
from deepfake_desktop.training.frame_stage import FrameNetwork, FrameTrainer, learning_rate_factor
from deepfake_desktop.training.recipe import FrameStage, Recipe, load_recipe
from deepfake_desktop.training.train import load_frame_network
from tests.training.faces import small_store, variant

TINY = """
warm_start = "none"
threads = 1
workers = 0
[pairs]
image_size = 64
[frame]
steps = 2
units = 1
warmup_steps = 1
decay_steps = 1
save_every = 1
check_every = 2
[sequence]
frames = 4
clips = 4
epochs = 2
batch = 2
hidden = 8
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture
def portraits(tmp_path: Path) -> Path:
    import cv2

    folder = tmp_path / "portraits"
    folder.mkdir()
    for number in range(4):
        cv2.imwrite(str(folder / f"p{number}.png"), variant(number)[0][..., ::-1])
    return folder


def write_video(path: Path, number: int) -> None:
    image = variant(number)[0]
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for k in range(24):
            moved = np.ascontiguousarray(np.roll(image, k // 3, axis=1)[:height, :width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24")))
        container.mux(stream.encode(None))


def test_a_network_on_another_device_takes_what_lies_on_the_cpu() -> None:
    """As on a GPU: checks and the features of clips hand it pictures from memory."""

    base = FrameSequenceNetwork("efficientnet_lite0", hidden=1)
    network = FrameNetwork(base, dropout=0.0).eval().to("meta")
    features = network.features(torch.zeros(2, 3, 32, 32))
    assert (features.device.type, features.shape) == ("meta", (2, base.features))
    assert network.judge(torch.zeros(2, base.features)).device.type == "meta"


def test_stills_alone_make_a_checkpoint(tiny: Path, portraits: Path, tmp_path: Path) -> None:
    out, run = tmp_path / "models", tmp_path / "run"
    given = ["train", "--faces", str(portraits), "--recipe", str(tiny), "--run", str(run)]
    assert main([*given, "--out", str(out), "--tag", "mine"]) == 0
    (path,) = out.glob("*.pt")
    loaded = load_checkpoint(file_for_path(path))
    assert path.name.endswith("_acc_4_frames_mine.pt")
    assert loaded.card.classes == ("fake", "real")
    assert loaded.card.image_size == 64
    assert loaded.summary.class_order_source == "card"
    assert 0 <= loaded.card.metrics["unseen_identities"]["auc"] <= 1
    assert (run / "curves.png").stat().st_size > 1000
    assert read_columns(run / "curve.csv")["step"] == [1, 2]


def test_watched_clips_are_scored_and_not_trained_on(
    tiny: Path, portraits: Path, tmp_path: Path
) -> None:
    for number in (5, 6, 7):
        write_video(tmp_path / f"w{number}.mp4", number)
    rows = ["file,label,method,group,train_allowed", "w5.mp4,real,camera,a,no"]
    rows += ["w6.mp4,fake,Wav2Lip,b,no", "w7.mp4,real,camera,c,yes: MIT"]
    watch = tmp_path / "watch.csv"
    watch.write_text("\n".join(rows), encoding="utf-8")
    run = tmp_path / "run"
    given = ["train", "--faces", str(portraits), "--recipe", str(tiny), "--run", str(run)]
    assert (
        main([*given, "--out", str(tmp_path / "models"), "--watch", str(watch), "--until", "2"])
        == 0
    )
    assert read_columns(run / "checks.csv")["lip"][0] in (0.0, 0.5, 1.0)
    assert set(FaceStore(run / "watch").clip) == {"w5.mp4", "w6.mp4"}
    assert "w5" not in " ".join(FaceStore(run / "store").clip)


def test_folders_of_real_and_fake_videos_make_a_checkpoint(tiny: Path, tmp_path: Path) -> None:
    for label, numbers in (("real", (0, 1, 2)), ("fake", (3, 4))):
        (tmp_path / label).mkdir()
        for number in numbers:
            write_video(tmp_path / label / f"v{number}.mp4", number)
    (tmp_path / "real" / "broken.mp4").write_bytes(b"no video")
    given = ["train", "--real", str(tmp_path / "real"), "--fake", str(tmp_path / "fake")]
    given += ["--recipe", str(tiny), "--run", str(tmp_path / "run"), "--frames", "3"]
    assert main([*given, "--out", str(tmp_path / "models")]) == 0
    (path,) = (tmp_path / "models").glob("*_3_frames_*.pt")
    card = load_checkpoint(file_for_path(path)).card
    assert any("(fake)" in line or "(real)" in line for line in card.trained_on)


def test_a_list_gives_only_real_clips_that_may_be_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "index.csv"
    rows = ["file,label,group,licence,train_allowed", "a.mp4,real,g1,MIT,yes: MIT"]
    rows += ["b.mp4,fake,g1,MIT,yes", "c.mp4,real,g1,MIT,no", "d.mp4,real,g2,Other terms,yes"]
    path.write_text("\n".join(rows), encoding="utf-8")
    videos = sources._videos(sources.Sources(video_lists=(path,), exclude=("Other",)))
    assert [(v.path, v.fake) for v in videos] == [(tmp_path / "a.mp4", False)]


def test_a_preview_is_drawn_without_training(tiny: Path, portraits: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    given = ["train", "--faces", str(portraits), "--recipe", str(tiny)]
    assert main([*given, "--run", str(tmp_path / "run"), "--preview", str(sheet)]) == 0
    assert sheet.stat().st_size > 20_000
    assert not (tmp_path / "run" / "state.pt").exists()


def test_a_run_that_was_broken_off_ends_as_one_that_was_not(tmp_path: Path) -> None:
    store = small_store(tmp_path / "store", stills=4, clips=0)
    recipe = Recipe(
        warm_start="none", threads=1, workers=0, pairs=PairSettings(image_size=64),
        frame=FrameStage(steps=4, units=1, warmup_steps=1, decay_steps=2, save_every=2),
    )  # fmt: skip
    maker = PairMaker(store, np.arange(len(store)), recipe.pairs)
    whole = FrameTrainer(recipe, maker, tmp_path / "whole")
    whole.run()
    FrameTrainer(recipe, maker, tmp_path / "parts").run(until=2)
    parts = FrameTrainer(recipe, maker, tmp_path / "parts")
    assert parts.step == 2
    parts.run()
    for name, value in whole.ema.network.state_dict().items():
        assert torch.equal(value, parts.ema.network.state_dict()[name]), name
    assert read_columns(tmp_path / "whole" / "curve.csv")["loss"] == pytest.approx(
        read_columns(tmp_path / "parts" / "curve.csv")["loss"]
    )


def test_a_worker_process_makes_the_same_steps(tmp_path: Path) -> None:
    store = small_store(tmp_path / "store", stills=3, clips=0)
    recipe = Recipe(
        warm_start="none", threads=1, workers=0, pairs=PairSettings(image_size=64),
        frame=FrameStage(steps=2, units=1, warmup_steps=1, decay_steps=1),
    )  # fmt: skip
    maker = PairMaker(store, np.arange(len(store)), recipe.pairs)
    FrameTrainer(recipe, maker, tmp_path / "alone").run()
    FrameTrainer(dataclasses.replace(recipe, workers=1), maker, tmp_path / "worker").run()
    alone, worker = (read_columns(tmp_path / n / "curve.csv")["loss"] for n in ("alone", "worker"))
    assert alone == worker


def test_a_student_sees_smaller_pictures_than_its_teacher(tmp_path: Path) -> None:
    store = small_store(tmp_path / "store", stills=3, clips=0)
    stage = FrameStage(steps=1, units=1, warmup_steps=1, decay_steps=1)
    recipe = Recipe(
        warm_start="none", threads=1, workers=0, pairs=PairSettings(image_size=64), frame=stage
    )
    maker = PairMaker(store, np.arange(len(store)), recipe.pairs)
    FrameTrainer(recipe, maker, tmp_path / "teacher").run()
    distil = dataclasses.replace(stage, steps=2, distil_weight=1.0, feature_weight=1.0)
    student_recipe = dataclasses.replace(recipe, network_px=32, frame=distil)
    assert student_recipe.input_px == 32
    teacher = load_frame_network(tmp_path / "teacher")
    before = {k: v.clone() for k, v in teacher.state_dict().items()}
    FrameTrainer(student_recipe, maker, tmp_path / "student", teacher=teacher).run(until=1)
    again = FrameTrainer(student_recipe, maker, tmp_path / "student", teacher=teacher)
    assert again.projection is not None
    again.run()
    assert again.step == 2
    assert all(torch.equal(v, before[k]) for k, v in teacher.state_dict().items())
    with pytest.raises(UsageError, match="no state"):
        load_frame_network(tmp_path / "nowhere")


def exported(network: FrameSequenceNetwork, folder: Path, accuracy: float) -> Path:
    return write_checkpoint(
        network, folder, accuracy=accuracy, frames=5, tag="t", image_size=64, crop_margin=0.25,
        backbone="efficientnet_lite0", readout="mean", licence="MIT", trained_on=["a"],
        metrics={"auc": 0.5}, notes="",
    )  # fmt: skip


def test_a_checkpoint_answers_as_the_network_it_was_made_of(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = FrameSequenceNetwork("efficientnet_lite0", hidden=16, readout="mean").eval()
    path = exported(network, tmp_path, 71.64)
    assert path.name == "model_71.6_acc_5_frames_t.pt"
    images = torch.randint(0, 256, (5, 64, 64, 3), dtype=torch.uint8)
    loaded = load_checkpoint(file_for_path(path)).network
    with torch.inference_mode():
        before, after = (n(normalise(images)[None]) for n in (network, loaded))
    assert torch.allclose(before, after, atol=2e-2)


def test_a_checkpoint_does_not_take_another_ones_place(tmp_path: Path) -> None:
    torch.manual_seed(0)
    networks = [FrameSequenceNetwork("efficientnet_lite0", hidden=4) for _ in range(3)]
    paths = [exported(network, tmp_path, 64.0) for network in networks]
    assert [path.name for path in paths] == [
        f"model_64_acc_5_frames_{tag}.pt" for tag in ("t", "t_2", "t_3")
    ]
    assert exported(networks[1], tmp_path, 64.0) == paths[1]  # once more the same
    assert len(list(tmp_path.iterdir())) == 6
    assert len({load_checkpoint(file_for_path(path)).card.sha256 for path in paths}) == 3


def test_nothing_to_train_on_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train"]) == 2
    assert "nothing to train on" in capsys.readouterr().err


def test_one_person_alone_is_too_few(tiny: Path, portraits: Path, tmp_path: Path, capsys) -> None:
    for number in (1, 2, 3):
        (portraits / f"p{number}.png").unlink()
    given = [
        "train",
        "--faces",
        str(portraits),
        "--recipe",
        str(tiny),
        "--run",
        str(tmp_path / "r"),
    ]
    assert main(given) == 2
    assert "too few people" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(p.name for p in RECIPES.glob("*.toml")))
def test_shipped_recipes_can_be_read(name: str) -> None:
    if name == "meso4.toml":  # of another network, with settings of its own
        assert meso4.load_recipe(RECIPES / name).steps > 0
        return
    recipe = load_recipe(RECIPES / name)
    assert recipe.frame.decay_steps < recipe.frame.steps


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[frame]\nstepz = 3", "stepz"),
        ("steps = [", "not TOML"),
        ("[fram]\n", "fram"),
        ("frame = 3", "'frame' is a table"),
    ],
)
def test_a_wrong_recipe_names_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        load_recipe(path)
    with pytest.raises(UsageError, match="cannot be read"):
        load_recipe(tmp_path / "absent.toml")


def test_the_learning_rate_warms_up_and_dies_away() -> None:
    stage = FrameStage(steps=100, warmup_steps=10, decay_steps=40)
    values = [learning_rate_factor(k, stage) for k in range(101)]
    assert values[0] == pytest.approx(0.1)
    assert values[10] == values[60] == 1.0
    assert values[60:] == sorted(values[60:], reverse=True)
    assert values[100] == pytest.approx(0.02)


def test_losses_prefer_the_right_order_and_a_steady_score() -> None:
    low, high = torch.full((4,), -2.0), torch.full((4,), 2.0)
    assert losses.ranking(low, high) < losses.ranking(high, low)
    assert losses.classification(low, high, smoothing=0.05) < losses.classification(
        high, low, smoothing=0.05
    )
    assert losses.steadiness(torch.tensor([[1.0, 1.0]])) == 0
    assert losses.steadiness(torch.tensor([[0.0, 2.0]])) == 1


def test_the_average_follows_the_network() -> None:
    network = nn.Linear(1, 1)
    ema = Ema(network, decay=0.9)
    with torch.no_grad():
        network.weight.fill_(5.0)
    for _ in range(200):
        ema.update(network)
    averaged = ema.network.state_dict()["weight"]
    assert torch.allclose(averaged, torch.full_like(averaged, 5.0), atol=1e-3)


def test_the_autoencoder_returns_the_picture(shared_data: Path) -> None:
    folder = shared_data / "weights"
    if not autoencoder.available(folder):
        pytest.skip("the autoencoder's weights are not here")
    image = variant(0)[0][:160, :160]
    x = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255
    network = autoencoder.AutoEncoder(folder)
    y = network.decode(network.encode(x))
    assert y.shape == x.shape
    assert float((x - y).abs().mean()) < 0.05
    assert not autoencoder.available(None)
