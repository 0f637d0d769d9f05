from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from deepfake_desktop.core.errors import DamagedVideoError
from deepfake_desktop.training.robustness import DEGRADATIONS, Degradation, degrade

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "samples" / "authentic.mp4"


def _frames(path: Path) -> tuple[list[float], list[np.ndarray]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [float(f.time) for f in frames], [f.to_ndarray(format="rgb24") for f in frames]


def _sharpness(image: np.ndarray) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


def test_times_are_kept_and_the_cut_is_exact(tmp_path: Path) -> None:
    count = degrade(SAMPLE, tmp_path / "a.mp4", Degradation(crf=40), max_s=1.0)
    times, images = _frames(tmp_path / "a.mp4")
    before, _ = _frames(SAMPLE)
    assert count == len(times) == 25
    assert times == pytest.approx(before[:25], abs=1e-3)
    assert images[0].shape == (480, 640, 3)


def test_two_calls_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        degrade(SAMPLE, tmp_path / name, DEGRADATIONS["noise 8 levels"], max_s=0.4)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_each_degradation_does_what_its_name_says(tmp_path: Path) -> None:
    made = {}
    for name, degradation in DEGRADATIONS.items():
        path = tmp_path / f"{name}.mp4".replace(" ", "_")
        degrade(SAMPLE, path, degradation, max_s=0.4)
        made[name] = (_frames(path)[1][5], path.stat().st_size)
    mild, size = made["CRF 23"]
    assert made["CRF 40"][1] < made["CRF 32"][1] < size
    assert made["half size"][0].shape == (240, 320, 3)
    assert _sharpness(made["blur 2 px"][0]) < 0.3 * _sharpness(mild)
    assert _sharpness(made["noise 8 levels"][0]) > 1.2 * _sharpness(mild)
    assert (
        _sharpness(made["smoothed"][0]) < 0.8 * _sharpness(mild) < _sharpness(made["sharpened"][0])
    )
    assert (
        np.ptp(made["grey"][0].astype(int), axis=2).max()
        <= 4
        < np.ptp(mild.astype(int), axis=2).max()
    )
    assert made["dark"][0].mean() == pytest.approx(0.25 * mild.mean(), rel=0.1)
    assert (made["overexposed"][0] >= 250).mean() > 0.1 > (mild >= 250).mean()


def test_odd_sizes_become_even() -> None:
    image = np.zeros((101, 203, 3), np.uint8)
    rng = np.random.default_rng(0)
    assert Degradation().apply(image, rng).shape == (100, 202, 3)
    assert Degradation(scale=0.5).apply(image, rng).shape == (50, 100, 3)


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "a.mp4"
    text.write_text("hello")
    with pytest.raises(DamagedVideoError, match="cannot be re-encoded"):
        degrade(text, tmp_path / "b.mp4", Degradation())
