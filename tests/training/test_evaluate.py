from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointFile, file_for_path
from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.core.types import AnalysisSettings, CancelToken, Thresholds
from deepfake_desktop.training import eval_cli, robustness
from deepfake_desktop.training.aggregation import PRESENT
from deepfake_desktop.training.evaluate import MAIN, check_against_product
from deepfake_desktop.training.figures import (
    Measured,
    by_family,
    figures,
    neutral_logit,
    per_clip,
)
from deepfake_desktop.training.jobs import jobs_of, to_measure
from deepfake_desktop.training.robustness import Degradation, degrade
from deepfake_desktop.training.scoring import ScoredClip
from deepfake_desktop.training.tables import to_markdown
from tests.training.conftest import write_checkpoint
from tests.training.test_calibrate import make_row

SAMPLES = Path(__file__).resolve().parents[2] / "resources" / "samples"
NONE = {"method": "none"}


def _mixed() -> list[Measured]:
    """Swaps all above the reals, talking heads all below."""
    rows = [make_row(float(i) / 10, fake=False, group=f"r{i}") for i in range(6)]
    rows += [make_row(3.0 + i, fake=True, group=f"s{i}") for i in range(4)]
    rows += [make_row(-3.0 - i, fake=True, group=f"t{i}", family="talking head") for i in range(4)]
    return rows


def test_each_family_stands_against_all_reals() -> None:
    parts = by_family(_mixed())
    assert list(parts) == ["all", "face swap", "talking head"]
    assert {name: len(rows) for name, rows in parts.items()} == {
        "all": 14, "face swap": 10, "talking head": 10,
    }  # fmt: skip
    found = figures(_mixed(), calibration=NONE, thresholds=Thresholds(0.3, 0.8), draws=50)
    ranking = found["families"]
    assert ranking["face swap"]["auc"]["value"] == 1.0
    assert ranking["face swap"]["eer"]["value"] == 0.0
    assert ranking["talking head"]["auc"]["value"] == 0.0
    assert ranking["all"]["auc"]["value"] == 0.5
    assert ranking["all"]["real"] == 6


def test_verdicts_are_counted_as_the_engine_gives_them() -> None:
    found = figures(_mixed(), calibration=NONE, thresholds=Thresholds(0.3, 0.8), draws=20)
    verdicts = found["verdicts"]
    assert verdicts["counts"]["face swap"]["FAKE"] == 4
    assert verdicts["counts"]["talking head"]["REAL"] == 4
    assert verdicts["counts"]["real"]["INCONCLUSIVE"] == 6
    assert verdicts["false_positive_rate"] == 0.0
    assert verdicts["false_negative_rate"] == 0.5
    assert verdicts["inconclusive_rate_real"] == 1.0
    json.dumps(found, allow_nan=False)


def test_the_wrongest_clips_come_first() -> None:
    lines = per_clip(_mixed(), calibration=NONE, thresholds=Thresholds())
    assert lines[0]["family"] == "talking head"
    assert lines[0]["label"] == "REAL"
    assert lines[-1]["family"] == "face swap"


@pytest.mark.parametrize(
    ("calibration", "expected"),
    [
        (NONE, 0.0),
        ({"method": "platt", "scale": 0.5, "offset": -1.0}, 2.0),
        ({"method": "isotonic", "logit": [-4.0, 4.0], "p": [0.1, 0.9]}, 0.0),
    ],
)
def test_a_clip_without_a_face_counts_as_even_odds(calibration: dict, expected: float) -> None:
    assert neutral_logit(calibration) == pytest.approx(expected, abs=1e-9)


def test_clips_without_a_face_gain_nothing() -> None:
    """A detector that finds no face anywhere has an AUC of one half."""
    rows = [Measured(row.clip, ScoredClip((), 20, 0, 0.1), 0.0, scored=False) for row in _mixed()]
    found = figures(rows, calibration=NONE, thresholds=Thresholds(), draws=20)
    assert found["families"]["all"]["auc"]["value"] == 0.5
    assert found["families"]["all"]["without_face"] == 14
    assert found["verdicts"]["counts"]["real"]["NO FACE"] == 6


# --- the commands --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six short clips of three groups in real/ and fake/, and one that training may use."""
    folder = tmp_path_factory.mktemp("labelled")
    lines = ["file,label,method,group,train_allowed"]
    for label, sample in (("real", "authentic"), ("fake", "manipulated")):
        (folder / label).mkdir()
        for index, crf in enumerate((18, 24, 30)):
            name = f"{label}/{index}.mp4"
            degrade(SAMPLES / f"{sample}.mp4", folder / name, Degradation(crf=crf), max_s=0.8)
            lines.append(f"{name},{label},Wav2Lip,g{index},no")
    degrade(SAMPLES / "authentic.mp4", folder / "real" / "t.mp4", Degradation(crf=35), max_s=0.8)
    lines.append("real/t.mp4,real,camera,gt,yes: MIT")
    (folder / "index.csv").write_text("\n".join(lines) + "\n")
    return folder


def _args(command: str, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command")
    eval_cli.add_evaluate_parser(commands)
    eval_cli.add_calibrate_parser(commands)
    return parser.parse_args([command, *words])


def test_evaluate_writes_the_report_and_a_second_run_scores_nothing(
    tmp_path: Path,
    labelled: Path,
    tiny_checkpoint: CheckpointFile,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [
        str(labelled), "--checkpoint", str(tiny_checkpoint.path), "--out", str(tmp_path),
        "--lengths", "4", "--single-frame", "--degrade", "CRF 40", "--degrade-seconds", "0.4",
        "--draws", "20", "--device", "cpu",
    ]  # fmt: skip
    assert eval_cli.run_evaluate(_args("evaluate", *words)) == 0
    report = json.loads((tmp_path / "model_50_acc_10_frames_test.json").read_text())
    assert report["clips"] == {
        "in_folder": 7, "left_out_as_training_clips": 1, "measured": 6, "not_readable": 0,
        "groups": 3,
    }  # fmt: skip
    seen = report["seen_in_training"]
    assert seen["real"] == 1
    assert seen["false_positive_rate"] in (0.0, 1.0)
    assert list(report["conditions"]) == [
        MAIN, "single frame", "4 frames", "CRF 40",
    ]  # fmt: skip
    assert all(c["clips"] == 6 for c in report["conditions"].values())
    assert set(report["conditions"][MAIN]["families"]) == {"all", "lip sync"}
    assert report["checkpoint"]["sha256"] == tiny_checkpoint_sha(tiny_checkpoint)
    for ending in ("_roc.png", "_reliability.png"):
        assert (tmp_path / f"model_50_acc_10_frames_test{ending}").read_bytes()[:4] == b"\x89PNG"
    text = (tmp_path / "model_50_acc_10_frames_test.md").read_text()
    assert "## Sequence lengths" in text
    assert "efficientnet_lite0 + LSTM, " in text
    report["checkpoint"]["trace_kinds"] = ["lip sync"]
    assert "efficientnet_lite0 + LSTM + traces, " in to_markdown(report)
    assert "1 left out because training may use them" in text
    assert "Of 1 real clips that training saw, in no other figure: " in text
    assert "Written to" in capsys.readouterr().out

    lines = (tmp_path / "scores.jsonl").read_text()
    monkeypatch.setattr("deepfake_desktop.training.evaluate.run_product", _must_not_run)
    assert eval_cli.run_evaluate(_args("evaluate", *words)) == 0
    assert (tmp_path / "scores.jsonl").read_text() == lines


def test_complete_calibrates_and_scores_kept_faces_only(
    tmp_path: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faces are kept in one run; another scores them, with a baseline, without finding any."""
    import torch

    from deepfake_desktop.training import crop_store, meso4

    torch.save(meso4.Meso4().state_dict(), tmp_path / "meso4.pt")
    file = write_checkpoint(tmp_path, seed=4)
    words = [
        str(labelled), "--checkpoint", str(file.path), "--out", str(tmp_path / "out"),
        "--complete", "--lengths", "4", "--degrade", "noise 8 levels", "--degrade-seconds", "0.4",
        "--meso4", str(tmp_path / "meso4.pt"), "--draws", "20", "--device", "cpu",
    ]  # fmt: skip
    before = file.card_path.read_text()
    assert eval_cli.run_evaluate(_args("evaluate", *words, "--crops-only")) == 0
    kept = list((tmp_path / "out" / "crops").iterdir())
    assert len(kept) == 6 * 3 + 1  # main, 4 frames, noise; the one that training saw
    assert file.card_path.read_text() == before

    monkeypatch.setattr(crop_store, "find_faces", _must_not_run)
    assert eval_cli.run_evaluate(_args("evaluate", *words)) == 0
    assert "held_out" in file.card_path.read_text()
    report = json.loads((tmp_path / "out" / "model_50_acc_10_frames_test.json").read_text())
    assert list(report["conditions"]) == [MAIN, "single frame", "4 frames", "noise 8 levels"]
    assert report["checked_against_analyze"]["largest_logit_difference"] < 1e-4
    assert len(report["checked_against_analyze"]["clips"]) == 3
    assert list(report["baselines"]) == ["Meso-4, single frame", "Meso-4, mean of 10 frames"]
    assert report["baselines"]["Meso-4, single frame"]["clips"] == 6
    assert report["checkpoint"]["calibration"]["method"] == "platt"
    assert set(report["thresholds_tried"]) == {"pairs", "both_limits"}
    assert PRESENT in report["aggregation"]["ways"]


def test_kept_faces_that_analyze_does_not_find_are_reported(
    labelled: Path, tiny_checkpoint: CheckpointFile, caplog: pytest.LogCaptureFixture
) -> None:
    clips = to_measure(labelled, False).clips[:1]
    jobs = jobs_of(clips)
    settings = AnalysisSettings(frames=10, checkpoint=tiny_checkpoint.path)
    nothing = {clips[0].name: ScoredClip((), 10, 0, 0.1)}
    found = check_against_product(jobs, nothing, settings, count=1, cancel=CancelToken())
    assert found == {"clips": [clips[0].name], "largest_logit_difference": None}
    assert "other faces" in caplog.text
    caplog.clear()


def tiny_checkpoint_sha(file: CheckpointFile) -> str:
    return str(Card.from_json(file.card_path.read_text()).sha256)


def _must_not_run(*_: object) -> None:
    raise AssertionError("a clip was scored again")


def test_calibrate_writes_a_card_that_the_engine_takes(
    tmp_path: Path, labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from deepfake_desktop.core.checkpoints import describe

    file = write_checkpoint(tmp_path, seed=3)
    words = [
        str(labelled), "--checkpoint", str(file.path), "--out", str(tmp_path / "out"),
        "--folds", "3", "--device", "cpu",
    ]  # fmt: skip
    before = file.card_path.read_text()
    assert eval_cli.run_calibrate(_args("calibrate", *words, "--dry-run")) == 0
    assert file.card_path.read_text() == before
    assert "Card left as it is." in capsys.readouterr().out

    assert eval_cli.run_calibrate(_args("calibrate", *words)) == 0
    card, summary = describe(file_for_path(file.path))
    assert card.calibration["method"] == "platt"
    assert summary.metrics["calibration"]["held_out"]["verdicts"].keys() >= {
        "false_positive_rate", "inconclusive_rate",
    }  # fmt: skip
    assert summary.metrics["measured"]["all"]["fake"] == 3
    assert np.isfinite(card.calibration["scale"])


def test_a_folder_of_one_class_is_refused(
    tmp_path: Path, labelled: Path, tiny_checkpoint: CheckpointFile
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.mp4").write_bytes((labelled / "real" / "0.mp4").read_bytes())
    words = [str(tmp_path), "--checkpoint", str(tiny_checkpoint.path), "--out", str(tmp_path / "o")]
    with pytest.raises(UsageError, match="real and fake videos"):
        eval_cli.run_evaluate(_args("evaluate", *words))


def test_lengths_are_read_from_the_command_line() -> None:
    assert eval_cli._numbers("10,40") == (10, 40)
    assert eval_cli._numbers("all") == (10, 20, 40, 60, 80, 100)
    with pytest.raises(argparse.ArgumentTypeError):
        eval_cli._numbers("ten")


def test_degradations_are_named_on_the_command_line() -> None:
    assert eval_cli._degradations(None) == ()
    assert eval_cli._degradations("all") == robustness.MEASURED
    assert {"CRF 23", "CRF 32", "CRF 40", "noise 8 levels"} <= set(robustness.MEASURED)
    assert eval_cli._degradations("CRF 40,half size") == ("CRF 40", "half size")
    with pytest.raises(UsageError, match="knows no 'rain'"):
        eval_cli._degradations("CRF 40,rain")
