from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepfake_desktop.core import cards
from deepfake_desktop.core.cards import Card, calibrated
from deepfake_desktop.core.checkpoints import (
    CheckpointFile,
    CheckpointName,
    describe,
    file_for_path,
    list_checkpoints,
    load_checkpoint,
    select,
    sha256_of,
)
from deepfake_desktop.core.errors import (
    ArchitectureError,
    CardError,
    CheckpointFormatError,
    FramesUnavailableError,
    NoCheckpointError,
    UnsafeCheckpointError,
)
from tests.core.helpers import SMALL_CARD, MakeCheckpoint

# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "accuracy", "frames", "tag"),
    [
        ("model_84_acc_10_frames_FF_data.pt", 84.0, 10, "FF_data"),
        ("model_93.6_acc_100_frames_final_data.pt", 93.6, 100, "final_data"),
        ("model_97_acc_60_frames_a_frames_b.pt", 97.0, 60, "a_frames_b"),
    ],
)
def test_a_name_tells_accuracy_and_frames(
    name: str, accuracy: float, frames: int, tag: str
) -> None:
    assert CheckpointName.parse(name) == CheckpointName(accuracy, frames, tag)


@pytest.mark.parametrize(
    "name",
    [
        "model_84_acc_10_frames_.pt",
        "model_84_acc_0_frames_x.pt",
        "model_101_acc_10_frames_x.pt",
        "model_-4_acc_10_frames_x.pt",
        "model_8٤_acc_10_frames_x.pt",
        "model_84_acc_10_frames_x.pth",
        "Model_84_acc_10_frames_x.pt",
        "model_84_acc_ten_frames_x.pt",
    ],
)
def test_other_names_are_no_checkpoints(name: str) -> None:
    assert CheckpointName.parse(name) is None


@given(
    accuracy=st.integers(0, 10_000).map(lambda n: n / 100),
    frames=st.integers(1, 10_000),
    tag=st.from_regex(r"[A-Za-z0-9_.\-]+", fullmatch=True),
)
def test_a_name_survives_a_round_trip(accuracy: float, frames: int, tag: str) -> None:
    name = CheckpointName(accuracy, frames, tag)
    assert CheckpointName.parse(str(name)) == name


# --- choosing ------------------------------------------------------------------------------------


def _files(*names: str) -> list[CheckpointFile]:
    return [file_for_path(Path(name)) for name in names]


def test_the_most_accurate_for_the_length_is_chosen() -> None:
    files = _files(
        "model_84_acc_60_frames_a.pt",
        "model_97.5_acc_60_frames_b.pt",
        "model_97_acc_60_frames_c.pt",
        "model_99_acc_20_frames_d.pt",
    )
    assert select(files, 60).path.name == "model_97.5_acc_60_frames_b.pt"


@given(lengths=st.lists(st.integers(1, 200), min_size=1, max_size=8), wanted=st.integers(1, 300))
def test_the_nearest_length_serves_where_none_fits(lengths: list[int], wanted: int) -> None:
    files = _files(*(f"model_{50 + i}_acc_{n}_frames_x.pt" for i, n in enumerate(lengths)))
    chosen = select(files, wanted)
    assert abs(chosen.name.frames - wanted) == min(abs(n - wanted) for n in lengths)
    rivals = [f.name.accuracy for f in files if f.name.frames == chosen.name.frames]
    assert chosen.name.accuracy == max(rivals)


def test_an_exact_length_that_is_missing_names_those_at_hand() -> None:
    files = _files("model_84_acc_60_frames_a.pt", "model_84_acc_20_frames_a.pt")
    with pytest.raises(FramesUnavailableError, match=r"40 frames.*20, 60"):
        select(files, 40, exact=True)


def test_no_checkpoint_at_all_says_where_to_put_one() -> None:
    with pytest.raises(NoCheckpointError, match="--models"):
        select([], 20)


def test_the_named_folder_comes_first_and_other_files_are_left_out(
    tmp_path: Path, make_checkpoint: MakeCheckpoint
) -> None:
    path = make_checkpoint(tmp_path)
    (tmp_path / "notes.pt").write_bytes(b"")
    found = list_checkpoints(tmp_path)
    assert found[0].path == path
    assert "notes.pt" not in [file.path.name for file in found]


# --- cards ---------------------------------------------------------------------------------------


def test_a_card_survives_a_round_trip() -> None:
    card = replace(
        SMALL_CARD,
        calibration={"method": "platt", "scale": 0.7, "offset": -0.2},
        metrics={"auc": 0.5},
        trained_on=("a", "b"),
    )
    assert Card.from_json(card.to_json()) == card


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": ["fake", "fake"]}, "classes"),
        ({"classes": ["fake"]}, "classes"),
        ({"color": "gray"}, "color"),
        ({"crop_margin": -1}, "crop_margin"),
        ({"image_size": 0}, "image_size"),
        ({"temporal": "backwards"}, "temporal"),
        ({"readout": "first"}, "readout"),
        ({"thresholds": {"real": 0.8, "fake": 0.2}}, "thresholds"),
        ({"calibration": {"method": "platt", "scale": -1, "offset": 0}}, "calibration"),
        ({"calibration": {"method": "guess"}}, "calibration"),
        ({"calibration": {"method": "isotonic", "logit": [1, 0], "p": [0, 1]}}, "calibration"),
        ({"schema": 2}, "schema"),
        ({"colour": "rgb"}, "unknown fields: colour"),
    ],
)
def test_a_wrong_card_is_refused_by_field(change: dict[str, object], message: str) -> None:
    raw = {**json.loads(SMALL_CARD.to_json()), **change}
    with pytest.raises(CardError, match=message):
        Card.from_json(json.dumps(raw))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": 1}'])
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(CardError):
        Card.from_json(text)


def test_calibration_maps_log_odds() -> None:
    assert calibrated(0.0, {"method": "none"}) == 0.5
    assert calibrated(2.0, {"method": "platt", "scale": 0.5, "offset": -1.0}) == 0.5
    isotonic = {"method": "isotonic", "logit": [-1.0, 1.0], "p": [0.1, 0.9]}
    assert calibrated(0.0, isotonic) == pytest.approx(0.5)
    assert calibrated(-50.0, isotonic) == pytest.approx(0.1)
    assert calibrated(1e9, {"method": "none"}) == pytest.approx(1.0)


def test_a_card_of_another_file_is_refused(tmp_path: Path, make_checkpoint: MakeCheckpoint) -> None:
    path = make_checkpoint(tmp_path)
    card = replace(SMALL_CARD, sha256="0" * 64)
    path.with_suffix(".json").write_text(card.to_json())
    with pytest.raises(CardError, match="another file"):
        load_checkpoint(file_for_path(path))


# --- loading -------------------------------------------------------------------------------------


def test_a_file_with_a_card_is_read_as_its_card_says(small_models: Path) -> None:
    loaded = load_checkpoint(list_checkpoints(small_models)[0])
    assert loaded.summary.class_order == ("fake", "real")
    assert loaded.summary.class_order_source == "card"
    assert loaded.summary.sha256 == sha256_of(loaded.summary.path)
    assert loaded.network.lstm.hidden_size == 16
    assert not loaded.network.training


def test_a_file_of_which_nothing_is_known_is_read_as_documented(
    tmp_path: Path, make_checkpoint: MakeCheckpoint
) -> None:
    path = make_checkpoint(tmp_path, card=None)
    loaded = load_checkpoint(file_for_path(path))
    assert loaded.summary.class_order == ("real", "fake")
    assert loaded.summary.class_order_source == "assumed"
    assert loaded.card.crop_margin_px == 40
    assert loaded.card.readout == "last"
    # It has an LSTM bias, which the documented files lack: it was built to run along the frames.
    assert loaded.card.temporal == "sequence"


def test_half_precision_and_dataparallel_names_load(
    tmp_path: Path, make_checkpoint: MakeCheckpoint
) -> None:
    path = make_checkpoint(tmp_path)
    state = torch.load(path, weights_only=True)
    changed = {
        f"module.{key}": value.half() if value.is_floating_point() else value
        for key, value in state.items()
    }
    torch.save({"state_dict": changed}, path)
    path.with_suffix(".json").write_text(SMALL_CARD.to_json())
    loaded = load_checkpoint(file_for_path(path))
    weight = loaded.network.linear1.weight
    assert weight.dtype == torch.float32
    torch.testing.assert_close(weight, state["linear1.weight"], atol=1e-3, rtol=1e-2)


class _Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("pwned",)


def _write_text(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\n")


def _write_nothing(path: Path) -> None:
    path.write_bytes(b"")


def _write_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"model": _Malicious()}))


def _write_zip_pickle(path: Path) -> None:
    torch.save({"model": _Malicious()}, path)


def _write_truncated(path: Path) -> None:
    torch.save({"a": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[:1500])


def _write_truncated_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"a": list(range(100))})[:50])


def _write_list(path: Path) -> None:
    torch.save([torch.zeros(2)], path)


def _write_numbers(path: Path) -> None:
    torch.save({"epoch": 3}, path)


def _write_other_network(path: Path) -> None:
    torch.save(torch.nn.Linear(4, 2).state_dict(), path)


def _write_nan(path: Path) -> None:
    torch.save({"model.0.weight": torch.full((64, 3, 7, 7), torch.nan)}, path)


def _write_half_a_network(path: Path) -> None:
    torch.save(
        {"model.0.weight": torch.zeros(64, 3, 7, 7), "lstm.weight_hh_l0": torch.zeros(64, 16)},
        path,
    )


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (_write_text, CheckpointFormatError),
        (_write_nothing, CheckpointFormatError),
        (_write_pickle, UnsafeCheckpointError),
        (_write_zip_pickle, UnsafeCheckpointError),
        (_write_truncated, CheckpointFormatError),
        (_write_truncated_pickle, CheckpointFormatError),
        (_write_list, CheckpointFormatError),
        (_write_numbers, CheckpointFormatError),
        (_write_nan, CheckpointFormatError),
        (_write_other_network, ArchitectureError),
        (_write_half_a_network, ArchitectureError),
    ],
)
def test_a_file_that_cannot_be_used_gets_its_own_error(
    write, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model_90_acc_20_frames_x.pt"
    write(path)
    with pytest.raises(error) as caught:
        load_checkpoint(file_for_path(path))
    assert str(path) in str(caught.value)
    assert not (tmp_path / "pwned").exists()


def test_a_missing_file_and_a_directory_are_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.pt"):
        with pytest.raises(CheckpointFormatError, match="cannot be read"):
            load_checkpoint(file_for_path(path))


# --- the published layout ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state dict of exactly the published layout, with weights that make scores differ."""
    from torchvision.models import resnext50_32x4d

    torch.manual_seed(3)
    backbone = torch.nn.Sequential(*list(resnext50_32x4d(weights=None).children())[:-2])
    lstm = torch.nn.LSTM(2048, 2048, 1, False)  # the fourth argument is `bias`
    linear = torch.nn.Linear(2048, 2)
    state = {f"model.{key}": value for key, value in backbone.state_dict().items()}
    state |= {f"lstm.{key}": 8 * value for key, value in lstm.state_dict().items()}
    state |= {f"linear1.{key}": 80 * value for key, value in linear.state_dict().items()}
    path = tmp_path_factory.mktemp("published") / "model_97_acc_60_frames_FF_data.pt"
    torch.save(state, path)
    return path


def _reference_fake_probability(path: Path, crops: np.ndarray, *, color: str) -> float:
    """Plainly what FIELD.md says the published files compute, FAKE being index 0."""
    from torchvision.models import resnext50_32x4d

    state = torch.load(path, weights_only=True)
    backbone = torch.nn.Sequential(*list(resnext50_32x4d(weights=None).children())[:-2])
    lstm = torch.nn.LSTM(2048, 2048, 1, False)
    linear = torch.nn.Linear(2048, 2)
    for prefix, module in (("model.", backbone), ("lstm.", lstm), ("linear1.", linear)):
        module.load_state_dict(
            {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
        )
    backbone.eval()
    images = crops[..., ::-1] if color == "bgr" else crops
    scaled = images.astype(np.float32) / 255
    normal = (scaled - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    batch = torch.from_numpy(normal.transpose(0, 3, 1, 2).astype(np.float32))
    with torch.inference_mode():
        features = backbone(batch).mean(dim=(2, 3))
        steps, _ = lstm(features.unsqueeze(0))  # (batch 1, N, 2048): time is the first dimension
        logits = linear(steps.mean(dim=1))
        return float(torch.softmax(logits, dim=1)[0, 0])


def _scored(path: Path, crops: np.ndarray) -> tuple[float, str]:
    from deepfake_desktop.core.inference import Scorer

    loaded = load_checkpoint(file_for_path(path))
    logit = Scorer.open(loaded, "cpu").logit(list(crops))
    return calibrated(logit, loaded.card.calibration), loaded.summary.class_order_source


def test_the_published_layout_is_322_tensors_of_226_megabytes(published: Path) -> None:
    state = torch.load(published, weights_only=True)
    assert len(state) == 322
    assert not [key for key in state if key.startswith("lstm.bias")]
    assert 226.3e6 < published.stat().st_size < 226.7e6


def test_a_known_file_scores_as_it_was_trained(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {sha256_of(published): cards.KNOWN_FILES[next(iter(cards.KNOWN_FILES))]}
    monkeypatch.setattr("deepfake_desktop.core.checkpoints.KNOWN_FILES", known)
    crops = np.random.default_rng(0).integers(0, 256, (6, 112, 112, 3), dtype=np.uint8)
    expected = _reference_fake_probability(published, crops, color="bgr")
    assert abs(expected - 0.5) > 0.01  # the weights say something
    p_fake, source = _scored(published, crops)
    assert source == "known file"
    assert p_fake == pytest.approx(expected, abs=1e-5)
    # Every frame is a sequence of length one, so their order means nothing.
    assert _scored(published, crops[::-1].copy())[0] == pytest.approx(expected, abs=1e-5)


def test_a_swapped_class_order_swaps_the_probability(published: Path, tmp_path: Path) -> None:
    as_trained = cards.KNOWN_FILES[next(iter(cards.KNOWN_FILES))]
    crops = np.random.default_rng(1).integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)
    scores = []
    for classes in (("fake", "real"), ("real", "fake")):
        path = tmp_path / f"model_90_acc_10_frames_{classes[0]}.pt"
        path.hardlink_to(published)
        path.with_suffix(".json").write_text(replace(as_trained, classes=classes).to_json())
        scores.append(_scored(path, crops)[0])
    assert scores[0] == pytest.approx(1.0 - scores[1], abs=1e-6)
    assert abs(scores[0] - 0.5) > 0.01


def test_the_six_published_files_are_known_fake_first() -> None:
    assert len(cards.KNOWN_FILES) == 6
    for card in cards.KNOWN_FILES.values():
        assert (card.classes, card.color, card.temporal, card.readout, card.crop_margin) == (
            ("fake", "real"),
            "bgr",
            "published",
            "mean",
            0.0,
        )


def test_describing_needs_no_tensors(published: Path) -> None:
    card, summary = describe(file_for_path(published))
    assert summary.class_order_source == "assumed"
    assert (summary.frames, summary.accuracy) == (60, 97.0)
    assert card.classes == ("real", "fake")
