"""The head that reads traces: what it makes of what is missing, how it is stored and refused, and
an analysis with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from deepfake_desktop.core.analysis import analyze
from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint, sha256_of
from deepfake_desktop.core.errors import ArchitectureError, CardError
from deepfake_desktop.core.faces import FaceFinder
from deepfake_desktop.core.inference import Scorer, release_network
from deepfake_desktop.core.network import LARGEST_TRACE, FrameSequenceNetwork, TraceHead
from deepfake_desktop.core.sampling import INTERVAL_S
from deepfake_desktop.core.stages import FaceSequence, FaceStage, WindowOfFaces
from deepfake_desktop.core.traces import Floats, trace_names
from deepfake_desktop.core.types import (
    Analysis,
    AnalysisRequest,
    AnalysisSettings,
    FaceBox,
    Finished,
    Frame,
    TimedBox,
)
from tests.core.helpers import SMALL_CARD, MakeCheckpoint

KINDS = ("lip sync", "face swap")
COUNT = len(trace_names())
CARD = replace(SMALL_CARD, trace_kinds=KINDS)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    release_network()
    yield
    release_network()


VOICES = ((4.0, 1.0), (0.25, -2.5))


def head() -> TraceHead:
    torch.manual_seed(3)
    made = TraceHead(COUNT, len(KINDS))
    with torch.no_grad():
        made.mean.copy_(torch.linspace(-3, 3, COUNT))
        made.scale.copy_(torch.linspace(0.2, 2, COUNT))
        made.voices.copy_(torch.tensor(VOICES))
    return made.eval().requires_grad_(False)


def numbers(seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(0, 2, COUNT).astype(np.float32)


def write(folder: Path, *, half: bool = False, card: Card | None = CARD, **changes: object) -> Path:
    """A small checkpoint with traces; ``changes`` replace or, being None, remove tensors."""
    torch.manual_seed(7)
    network = FrameSequenceNetwork("efficientnet_lite0", hidden=16)
    network.traces = head()
    state = {**network.state_dict(), **changes}
    state = {
        name: value.half() if half and value.is_floating_point() else value
        for name, value in state.items()
        if isinstance(value, torch.Tensor)
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model_50_acc_10_frames_traces.pt"
    torch.save(state, path)
    if card is not None:
        bound = replace(card, sha256=sha256_of(path))
        path.with_suffix(".json").write_text(bound.to_json(), encoding="utf-8")
    return path


def crops(count: int = 3) -> list[np.ndarray]:
    return list(np.random.default_rng(3).integers(0, 256, (count, 64, 64, 3), dtype=np.uint8))


def scorer(path: Path) -> Scorer:
    return Scorer.open(load_checkpoint(file_for_path(path)), "cpu")


# --- the head itself -----------------------------------------------------------------------------


def test_what_is_missing_counts_as_the_usual() -> None:
    made, traces = head(), torch.from_numpy(numbers())
    missing = traces.clone()
    missing[5:20] = torch.nan
    usual = traces.clone()
    usual[5:20] = made.mean[5:20]
    assert torch.allclose(made(missing), made(usual), atol=1e-5)
    nothing = torch.full((COUNT,), torch.nan)
    assert torch.equal(made(nothing), made.linear.bias)


def test_a_wild_number_counts_no_more_than_the_largest() -> None:
    made = head()
    wild, largest = made.mean.clone(), made.mean.clone()
    wild[7], largest[7] = 1e9, made.mean[7] + LARGEST_TRACE * made.scale[7]
    assert torch.allclose(made(wild), made(largest), atol=1e-4)
    assert torch.allclose(made.standardised(-wild)[7], torch.tensor(-LARGEST_TRACE))


def test_either_may_speak(tmp_path: Path, make_checkpoint: MakeCheckpoint) -> None:
    """The logit is the noisy-or of both voices, of which missing traces have the usual one."""
    plain = scorer(make_checkpoint(tmp_path / "plain")).logit(crops())
    with_traces = scorer(write(tmp_path))
    traces = numbers()
    kinds = head()(torch.from_numpy(traces))
    assert kinds.shape == (len(KINDS),)
    heard = np.exp(0.25 * plain - 2.5)
    silent = np.exp(-2.5) + np.exp(1.0)
    expected = np.log((heard + np.exp(4.0 * float(kinds.mean()) + 1.0)) / silent)
    assert with_traces.logit(crops(), traces=traces) == pytest.approx(expected, abs=1e-5)
    usual = np.log((heard + np.exp(4.0 * float(head().linear.bias.mean()) + 1.0)) / silent)
    assert with_traces.logit(crops()) == pytest.approx(usual, abs=1e-5)


def test_one_voice_that_sees_nothing_does_not_outvote_the_other() -> None:
    made = head()
    made.voices.copy_(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    made.linear.bias.fill_(-30.0)  # what the traces say of anything usual
    nothing = torch.full((2, COUNT), torch.nan)
    sure = made.combine(torch.tensor([8.0, -30.0]), nothing)
    assert sure[0] == pytest.approx(8.0 - np.log(2), abs=1e-4)
    assert sure[1] == pytest.approx(-30.0, abs=1e-4)
    made.linear.bias.zero_()
    for offsets in ((0.0, 0.0), (1.5, -4.0)):
        made.voices.copy_(torch.tensor([[1.0, offset] for offset in offsets]))
        undecided = made.combine(torch.zeros(()), nothing[0])
        assert undecided == pytest.approx(0.0, abs=1e-6)


def test_a_checkpoint_without_traces_leaves_them_unread(
    tmp_path: Path, make_checkpoint: MakeCheckpoint
) -> None:
    plain = scorer(make_checkpoint(tmp_path))
    assert plain.checkpoint.network.traces is None
    assert plain.logit(crops(), traces=numbers()) == plain.logit(crops())


# --- files ---------------------------------------------------------------------------------------


def test_half_precision_keeps_the_logit(tmp_path: Path) -> None:
    """Within 0.02, of logits that spread over several units."""
    whole, half = scorer(write(tmp_path / "a")), scorer(write(tmp_path / "b", half=True))
    pairs = [
        (whole.logit(crops(), traces=numbers(k)), half.logit(crops(), traces=numbers(k)))
        for k in range(6)
    ]
    assert np.ptp([a for a, _ in pairs]) > 0.5
    assert [b for _, b in pairs] == pytest.approx([a for a, _ in pairs], abs=0.02)


def test_a_card_without_trace_kinds_is_refused_for_a_file_with_traces(tmp_path: Path) -> None:
    for card in (SMALL_CARD, None):
        path = write(tmp_path / str(card is None), card=card)
        with pytest.raises(ArchitectureError, match="weights for traces, but no card names"):
            load_checkpoint(file_for_path(path))


def test_trace_kinds_are_refused_for_a_file_without_traces(
    tmp_path: Path, make_checkpoint: MakeCheckpoint
) -> None:
    path = make_checkpoint(tmp_path, card=CARD)
    with pytest.raises(ArchitectureError, match="holds no weights for traces"):
        load_checkpoint(file_for_path(path))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"traces.mean": torch.zeros(COUNT - 2)}, r"'traces\.mean' \(96,\) instead of \(98,\)"),
        (
            {"traces.linear.bias": torch.zeros(5)},
            r"linear\.bias' \(5,\) instead of \(2,\)",
        ),
        ({"traces.voices": None}, r"missing, first 'traces\.voices'"),
        ({"traces.more": torch.zeros(1)}, r"unknown, first 'traces\.more'"),
    ],
)
def test_weights_of_another_shape_are_refused_by_name(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ArchitectureError, match=words):
        load_checkpoint(file_for_path(write(tmp_path, **changes)))


@pytest.mark.parametrize("kinds", [[3], [""], None])
def test_a_card_whose_trace_kinds_are_no_names_is_refused(kinds: object) -> None:
    raw = {**json.loads(CARD.to_json()), "trace_kinds": kinds}
    with pytest.raises(CardError):
        Card.from_json(json.dumps(raw))
    assert Card.from_json(CARD.to_json()).trace_kinds == KINDS


# --- in an analysis ------------------------------------------------------------------------------


def portrait() -> np.ndarray:
    from skimage import data

    return np.ascontiguousarray(data.astronaut())


@pytest.mark.parametrize(
    ("rate_hz", "every"), [(25, 2), (30, 2), (50, 3), (60, 4), (1 / INTERVAL_S, 1)]
)
def test_frames_are_measured_at_like_distances(rate_hz: float, every: int) -> None:
    image, box = np.zeros((40, 40, 3), np.uint8), FaceBox(5, 5, 35, 35)
    sequence = FaceSequence(1)
    measured = []
    for k in range(300):
        sequence.measure(image, TimedBox(k / rate_hz, box, detected=True))
        measured.append(len(sequence.traces))
    assert np.flatnonzero(np.diff([0, *measured])).tolist() == list(range(0, 300, every))


@pytest.mark.parametrize(("frames", "enough"), [(3, False), (4, True)])
def test_a_sequence_of_few_frames_has_no_summary(frames: int, enough: bool) -> None:
    sequence = FaceSequence(1)
    for k in range(frames):
        place = TimedBox(0.08 * k, FaceBox(170, 60, 280, 170), detected=True)
        sequence.measure(portrait(), place)
    assert (sequence.summary() is not None) is enough


def faces_of(card: Card, pictures: list[np.ndarray]) -> WindowOfFaces:
    from deepfake_desktop.core.media import SampledFrame

    stage = FaceStage(FaceFinder(), card, lambda event: None)
    for k, image in enumerate(pictures):
        assert stage.add(SampledFrame(0, Frame(0.08 * k, image))) is None
    window, _ = stage.finish()
    assert window is not None
    return window


def test_traces_are_measured_only_for_a_card_that_names_kinds_and_not_across_a_cut() -> None:
    """The cut mirrors the picture: one person, two stretches, each with a first frame."""
    here = portrait()
    there = np.ascontiguousarray(255 - (255 - here[:, ::-1]) // 2)
    shots = [here] * 5 + [there] * 5
    plain = faces_of(SMALL_CARD, shots).sequences
    assert [sequence.traces for sequence in plain] == [[], []]
    measured = faces_of(CARD, shots).sequences
    assert len(measured) == 2
    for sequence in measured:
        assert len(sequence.traces) == 5
        assert [bool(np.isnan(t[:, 2]).all()) for t in sequence.traces] == [True] + [False] * 4


def run(path: Path, checkpoint: Path) -> Analysis:
    chosen = AnalysisSettings(frames=10, checkpoint=checkpoint, budget_frames=10, device="cpu")
    *_, last = analyze(AnalysisRequest(path, chosen))
    assert isinstance(last, Finished)
    return last.analysis


def test_an_analysis_reads_traces_the_same_way_twice(
    authentic: Path, tmp_path: Path, make_checkpoint: MakeCheckpoint
) -> None:
    path = write(tmp_path)
    first = run(authentic, path)
    release_network()
    second = run(authentic, path)
    assert first.tracks == second.tracks
    plain = run(authentic, make_checkpoint(tmp_path / "plain"))
    assert first.tracks[0].boxes == plain.tracks[0].boxes
    assert abs(first.tracks[0].logit - 0.25 * plain.tracks[0].logit) > 0.01
