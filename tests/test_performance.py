"""Guards against slowing down: ratios of work and of processor time, never seconds."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest

from deepfake_desktop.core import analysis, faces
from deepfake_desktop.core.faces import FaceFinder
from deepfake_desktop.core.inference import release_network
from deepfake_desktop.core.media import open_video
from deepfake_desktop.core.pictures import PictureMaker
from deepfake_desktop.core.sampling import plan
from deepfake_desktop.core.tracking import FaceTracker
from deepfake_desktop.core.types import (
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    Finished,
    Image,
    Sampling,
)
from tests.core.videos import write_video


@pytest.fixture
def authentic_sample(repository: Path) -> Path:
    path = repository / "resources" / "samples" / "authentic.mp4"
    if not path.exists():
        pytest.skip("the samples have not been made yet")
    return path


def test_help_loads_nothing_heavy() -> None:
    heavy = "torch torchvision cv2 dlib face_recognition av numpy PySide6 rich sqlite3 PIL"
    code = (
        "import sys\n"
        "from deepfake_desktop.cli import build_parser\n"
        "build_parser().format_help()\n"
        f"print(*[name for name in '{heavy}'.split() if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_opening_a_video_loads_neither_torch_nor_dlib(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", frames=5)
    code = (
        "import sys; from pathlib import Path\n"
        "import deepfake_desktop.core.analysis\n"
        "from deepfake_desktop.core.media import open_video\n"
        "open_video(Path(sys.argv[1])).close()\n"
        "print(*[name for name in ('torch', 'dlib', 'torchvision') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_a_spread_plan_costs_a_fraction_of_reading_everything(tmp_path: Path) -> None:
    """Two windows of ten frames out of a thousand: measured some 20 times cheaper."""
    path = write_video(tmp_path / "v.mp4", frames=1000, gop=50)

    def processor_s(mode: Sampling) -> float:
        with open_video(path) as video:
            sampling = plan(video.info, mode=mode, frames=10, budget_frames=20)
            started = time.process_time()
            count = sum(1 for _ in video.read(sampling, CancelToken()))
        assert count == (20 if mode == "spread" else 1000)
        return time.process_time() - started

    assert processor_s("every") > 4 * processor_s("spread")


def test_faces_are_searched_in_a_fraction_of_the_published_pixels(
    authentic_sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published pipeline searches every frame twice, each time enlarged to four times its
    pixels. Both cost what they search."""
    searched = 0
    original = faces._hog()

    class Counting:
        def run(self, image: Image, *options: float) -> object:
            nonlocal searched
            searched += image.shape[0] * image.shape[1]
            return original.run(image, *options)

    monkeypatch.setattr(faces, "_hog", Counting)
    tracker = FaceTracker(FaceFinder())
    with open_video(authentic_sample) as video:
        sampling = plan(video.info, mode="spread", frames=20, budget_frames=20)
        found, count = 0, 0
        for sampled in video.read(sampling, CancelToken()):
            found += len(tracker.add(sampled.frame))
            count += 1
        found += len(tracker.flush())
        pixels = video.info.width_px * video.info.height_px
    assert found >= 0.9 * count
    assert 2 * count * 4 * pixels > 10 * searched


@pytest.mark.parametrize("bytes_in_flight", [1, 5 * 640 * 480 * 3, 1 << 30])
def test_full_pictures_stay_within_their_ceiling(
    authentic_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytes_in_flight: int
) -> None:
    """However long the video and however slow the search: as stated, and no fewer than it needs."""
    monkeypatch.setattr(analysis, "BYTES_IN_FLIGHT", bytes_in_flight)
    monkeypatch.setattr(faces.FaceFinder, "everywhere", lambda *_, **__: time.sleep(0.02) or ())
    original = PictureMaker.picture
    lock = threading.Lock()
    alive, most = 0, 0

    def gone() -> None:
        nonlocal alive
        with lock:
            alive -= 1

    def counted(self: PictureMaker, frame: object) -> np.ndarray:
        nonlocal alive, most
        picture = original(self, frame)  # type: ignore[arg-type]
        weakref.finalize(picture, gone)
        with lock:
            alive += 1
            most = max(most, alive)
        return picture

    monkeypatch.setattr(PictureMaker, "picture", counted)
    settings = AnalysisSettings(frames=20, sampling="every", device="cpu")
    width, height = 640, 480
    *_, last = analysis.analyze(AnalysisRequest(authentic_sample, settings))
    assert isinstance(last, Finished)
    assert (last.analysis.video.width_px, last.analysis.video.height_px) == (width, height)
    assert last.analysis.frames.examined > 100
    in_flight = analysis.frames_in_flight(width, height)
    assert in_flight == {1: 2, 5 * 640 * 480 * 3: 5, 1 << 30: 8}[bytes_in_flight]
    assert in_flight < most <= analysis.pictures_in_memory(width, height)


def test_a_second_analysis_costs_a_fraction_of_the_first(authentic_sample: Path) -> None:
    """The network is kept: loading it costs next to nothing the second time."""
    release_network()
    settings = AnalysisSettings(frames=20, budget_frames=20, device="cpu")
    loads = []
    for _ in range(2):
        *_, last = analysis.analyze(AnalysisRequest(authentic_sample, settings))
        assert isinstance(last, Finished)
        loads.append(last.analysis.timings_s["load"])
    assert loads[1] < 0.5 * loads[0]
