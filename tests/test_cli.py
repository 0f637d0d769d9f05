"""The command line, as a person and as a script meet it."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import av
import pytest

from deepfake_desktop.cli import main


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one small, untrained checkpoint."""
    import torch

    from deepfake_desktop.core.network import FrameSequenceNetwork
    from tests.core.helpers import SMALL_CARD

    torch.manual_seed(7)
    folder = tmp_path_factory.mktemp("models")
    path = folder / "model_100_acc_10_frames_test.pt"
    torch.save(FrameSequenceNetwork(SMALL_CARD.backbone, hidden=16).state_dict(), path)
    path.with_suffix(".json").write_text(SMALL_CARD.to_json(), encoding="utf-8")
    return folder


@pytest.fixture
def sample(repository: Path) -> Path:
    return repository / "resources" / "samples" / "authentic.mp4"


def _analyze(video: Path, models: Path, *more: str) -> int:
    return main(
        ["analyze", str(video), "--models", str(models), "--frames", "10", "--budget", "20", *more]
    )


def test_a_verdict_is_printed_in_words(
    sample: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _analyze(sample, models) == 0
    out = capsys.readouterr().out
    assert "authentic.mp4" in out
    assert any(word in out for word in ("FAKE", "REAL", "INCONCLUSIVE"))
    assert "Person 1:" in out
    assert "20 frames (spread), 20 with a face" in out
    assert "model_100_acc_10_frames_test.pt" in out
    assert "test.pt: efficientnet_lite0, 10 frames" in out
    assert "never calibrated" in out
    assert "not proof" in out


def test_a_weak_checkpoint_says_that_it_is_weak() -> None:
    from deepfake_desktop.console import _measured_line

    auc = {"value": 0.62, "low": 0.47, "high": 0.75}
    line = _measured_line({"measured": {"all": {"fake": 48, "real": 22, "auc": auc}}})
    assert "48 fake and 22 real clips: AUC 0.62, 95 % interval 0.47 to 0.75" in line
    assert "no better than chance" in line
    sound = {"fake": 48, "real": 22, "auc": auc | {"low": 0.6}}
    assert "chance" not in _measured_line({"measured": {"all": sound}})
    assert _measured_line({}) == _measured_line({"measured": {"all": None}}) == ""


def test_json_on_standard_output_is_nothing_but_json(
    sample: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _analyze(sample, models, "--json", "-") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["schema"] == 1
    assert result["settings"]["frames"] == 10


def test_json_goes_into_a_file_beside_the_words(
    sample: Path, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "result.json"
    assert _analyze(sample, models, "--json", str(target)) == 0
    assert json.loads(target.read_text(encoding="utf-8"))["verdict"]["label"] in (
        capsys.readouterr().out
    )


def test_markup_in_a_file_name_is_only_a_name(
    sample: Path, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / "[red]a clip[bold] ünï.mp4"
    odd.hardlink_to(sample)
    assert _analyze(odd, models) == 0
    assert odd.name in capsys.readouterr().out


def _text(path: Path) -> None:
    path.write_text("this is a letter, not a film\n" * 50)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _folder(path: Path) -> None:
    path.mkdir()


def _missing(path: Path) -> None:
    pass


def _locked(path: Path) -> None:
    path.write_bytes(b"x")
    path.chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root may read everything")


@pytest.mark.parametrize("prepare", [_text, _empty, _folder, _missing, _locked])
def test_what_is_no_video_is_one_line_and_exit_code_one(
    prepare, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clip.mp4"
    prepare(path)
    assert _analyze(path, models) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert lines[-1].startswith(f"deepfake-desktop: {path}: ")
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--frames", "0"], "not positive"),
        (["--threshold-real", "0.9", "--threshold-fake", "0.1"], "contradict"),
        (["--json", "/no/such/folder/x.json"], "folder"),
        (["--models", "/no/such/folder"], "/no/such/folder"),
    ],
)
def test_wrong_usage_is_exit_code_two(
    arguments: list[str],
    message: str,
    sample: Path,
    models: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _analyze(sample, models, *arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["analyze"], ["frobnicate"], ["analyze", "a", "--frames"]])
def test_the_parser_speaks_with_exit_code_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2


def test_a_length_that_no_checkpoint_has_lists_those_at_hand(
    sample: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(
        ["analyze", str(sample), "--models", str(models), "--frames", "999", "--exact-frames"]
    )
    assert code == 1
    error = capsys.readouterr().err
    assert "999 frames" in error
    assert "10" in error.split("Lengths at hand:")[1]


@pytest.mark.parametrize("content", [b"PK\x03\x04 cut short", b"a web page", b""])
def test_a_checkpoint_that_is_none_is_named(
    content: bytes, sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model_90_acc_10_frames_x.pt"
    path.write_bytes(content)
    assert main(["analyze", str(sample), "--checkpoint", str(path)]) == 1
    assert str(path) in capsys.readouterr().err


def test_models_are_listed_with_what_is_known(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--models", str(models)]) == 0
    out = capsys.readouterr().out
    assert "model_100_acc_10_frames_test.pt" in out
    assert "[fake, real], known from: card" in out
    assert main(["models", "--models", str(models), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert first["accuracy"] == 100.0
    assert len(first["sha256"]) == 64
    assert first["trace_kinds"] == []
    assert first["patches"] is False


@pytest.mark.parametrize("patches", [False, True])
def test_traces_and_patches_are_told(
    sample: Path,
    models: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    patches: bool,
) -> None:
    import torch

    from deepfake_desktop.core.network import TextureStem, TraceHead
    from deepfake_desktop.core.traces import trace_names
    from tests.core.helpers import SMALL_CARD

    plain = next(models.glob("*.pt"))
    kinds = ("lip sync", "face swap")
    texture = TextureStem.NUMBERS if patches else 0
    head = TraceHead(len(trace_names()) + texture, len(kinds)).state_dict(prefix="traces.")
    if patches:
        head |= TextureStem().state_dict(prefix="patches.")
    torch.save({**torch.load(plain, weights_only=True), **head}, tmp_path / plain.name)
    card = replace(SMALL_CARD, trace_kinds=kinds, patches=patches).to_json()
    (tmp_path / plain.name).with_suffix(".json").write_text(card, encoding="utf-8")
    target = tmp_path / "result.json"
    assert _analyze(sample, tmp_path, "--json", str(target)) == 0
    said = "with traces and patches" if patches else "with traces"
    assert f"efficientnet_lite0 {said}, 10 frames" in " ".join(capsys.readouterr().out.split())
    result = json.loads(target.read_text(encoding="utf-8"))
    assert result["checkpoint"]["trace_kinds"] == list(kinds)
    assert result["checkpoint"]["patches"] is patches
    assert main(["models", "--models", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "lip sync, face swap" in out
    assert ("read" if patches else "none") in out.split("patches")[1].split("\n")[0]


def test_a_checkpoint_with_a_broken_card_is_listed_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model_99_acc_10_frames_x.pt"
    path.write_bytes(b"x")
    path.with_suffix(".json").write_text("{")
    assert main(["models", "--models", str(tmp_path)]) == 0
    assert "not valid JSON" in capsys.readouterr().out


def test_debug_shows_the_traceback(models: Path, tmp_path: Path) -> None:
    from deepfake_desktop.core.errors import FileUnreadableError

    with pytest.raises(FileUnreadableError):
        _analyze(tmp_path / "gone.mp4", models, "--debug")


@pytest.fixture(scope="module")
def minutes(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The authentic sample 24 times in a row: two minutes, without encoding."""
    path = tmp_path_factory.mktemp("long") / "minutes.mp4"
    with av.open(repository / "resources/samples/authentic.mp4") as once, av.open(path, "w") as out:
        stream = once.streams.video[0]
        copy = out.add_stream_from_template(stream)
        packets = [packet for packet in once.demux(stream) if packet.dts is not None]
        assert stream.duration is not None
        for round_ in range(24):
            for packet in packets:
                again = av.Packet(bytes(packet))
                assert packet.dts is not None
                assert packet.pts is not None
                again.dts = packet.dts + round_ * stream.duration
                again.pts = packet.pts + round_ * stream.duration
                again.time_base, again.is_keyframe = packet.time_base, packet.is_keyframe
                again.stream = copy
                out.mux(again)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
@pytest.mark.parametrize("wait_for", ["start", "faces"])
def test_ctrl_c_stops_within_a_second_and_leaves_nothing(
    wait_for: str, minutes: Path, models: Path, tmp_path: Path
) -> None:
    target = tmp_path / "result.json"
    command = [sys.executable, "-m", "deepfake_desktop", "analyze", str(minutes)]
    command += ["--models", str(models), "--sampling", "every", "--json", str(target)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        time.sleep(1.0 if wait_for == "start" else 4.0)
        if process.poll() is not None:
            pytest.fail(f"ended too early: {process.communicate()}")
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        took = time.monotonic() - started
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert b"cancelled" in err
    assert b"Traceback" not in err
    assert out == b""
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert took < 1.0 + 0.5 * busy  # a second, where nobody else wants the processor
    assert list(tmp_path.iterdir()) == []


def test_help_answers_without_the_heavy_libraries() -> None:
    code = (
        "import sys\n"
        "from deepfake_desktop.cli import build_parser\n"
        "build_parser().format_help()\n"
        "heavy = {'torch', 'dlib', 'cv2', 'av', 'PySide6', 'numpy', 'rich'} & set(sys.modules)\n"
        "sys.exit(str(sorted(heavy)) if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_result_file_has_the_rights_of_any_new_file(
    sample: Path, models: Path, tmp_path: Path
) -> None:
    target = tmp_path / "result.json"
    assert _analyze(sample, models, "--json", str(target)) == 0
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
