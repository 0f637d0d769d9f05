"""Thread counts: one place decides, nothing asks for more than there is, and who waits sleeps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deepfake_desktop.core import threads


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 8, 64])
def test_no_stage_gets_more_threads_than_cores(cores: int) -> None:
    plan = threads.plan(cores)
    assert 1 <= plan.decode <= min(cores, threads.MOST_DECODING)
    assert plan.faces == 1
    assert plan.network >= 1
    if cores > 2:
        assert plan.network + plan.faces <= cores
    else:
        assert plan.network == cores


def test_an_analysis_sets_them_and_openmp_sleeps(authentic: Path, small_models: Path) -> None:
    """OMP_DISPLAY_ENV makes OpenMP itself say what it understood."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from deepfake_desktop.core.analysis import analyze\n"
        "from deepfake_desktop.core.types import AnalysisRequest, AnalysisSettings\n"
        "settings = AnalysisSettings(\n"
        "    frames=10, budget_frames=10, checkpoint=Path(sys.argv[2]), device='cpu')\n"
        "for _ in analyze(AnalysisRequest(Path(sys.argv[1]), settings)): pass\n"
        "import cv2, torch\n"
        "print(cv2.getNumThreads(), torch.get_num_threads())\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OMP_")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(authentic), str(next(small_models.glob("*.pt")))],
        capture_output=True,
        text=True,
        check=True,
        env=environment | {"OMP_DISPLAY_ENV": "TRUE"},
    )
    plan = threads.plan()
    assert done.stdout.split() == [str(plan.faces), str(plan.network)]
    if "OMP_WAIT_POLICY" not in done.stderr:
        pytest.skip("this build of torch has no OpenMP that tells its settings")
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in done.stderr
