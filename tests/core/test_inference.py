"""One network is kept between analyses, and let go when anything about it changes."""

from __future__ import annotations

import gc
import json
import os
import shutil
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from deepfake_desktop.core import checkpoints, hashing, inference
from deepfake_desktop.core.analysis import analyze
from deepfake_desktop.core.checkpoints import (
    CheckpointFile,
    file_for_path,
    list_checkpoints,
    load_checkpoint,
    select,
)
from deepfake_desktop.core.errors import (
    CheckpointFormatError,
    DeviceMemoryError,
    UsageError,
    is_out_of_memory,
)
from deepfake_desktop.core.inference import (
    Scorer,
    device_name,
    open_scorer,
    release_network,
    short_dtype,
)
from deepfake_desktop.core.stages import NetworkStage
from deepfake_desktop.core.types import (
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    Device,
    Finished,
    Precision,
    Thresholds,
)
from tests.core.helpers import MakeCheckpoint

PRECISIONS: tuple[Precision, ...] = ("auto", "exact")

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here")


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    release_network()
    yield
    release_network()


@pytest.fixture
def path(tmp_path: Path, make_checkpoint: MakeCheckpoint) -> Path:
    return make_checkpoint(tmp_path)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose tensors were read, in order."""
    return _recorded(monkeypatch, checkpoints, "read_state_dict")


def _recorded(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> list[Path]:
    calls: list[Path] = []
    original: Callable[[Path], object] = getattr(module, name)

    def recorded(path: Path) -> object:
        calls.append(path)
        return original(path)

    monkeypatch.setattr(module, name, recorded)
    return calls


def _crops(count: int = 4) -> list[np.ndarray]:
    return list(np.random.default_rng(3).integers(0, 256, (count, 64, 64, 3), dtype=np.uint8))


def test_a_second_analysis_loads_and_hashes_nothing(
    authentic: Path, path: Path, loads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "FRESH_NS", -1)
    opened: list[Path] = []
    original = Path.open

    def watched(self: Path, *args: object, **options: object) -> object:
        if self.suffix == ".pt":
            opened.append(self)
        return original(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "open", watched)
    request = AnalysisRequest(
        authentic, AnalysisSettings(frames=10, budget_frames=10, checkpoint=path, device="cpu")
    )
    logits = []
    for _ in range(2):
        opened.clear()
        *_, last = analyze(request)
        assert isinstance(last, Finished)
        logits.append([track.logit for track in last.analysis.tracks])
    assert loads == [path]
    assert opened == []
    assert logits[0] == logits[1]


def test_a_file_replaced_under_its_name_is_loaded_anew(path: Path, loads: list[Path]) -> None:
    before = open_scorer(file_for_path(path), "cpu").logit(_crops())
    times = path.stat()
    state = torch.load(path)
    state["linear1.bias"] += torch.tensor([1.0, -1.0])
    torch.save(state, path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert path.stat().st_size == times.st_size
    path.with_suffix(".json").unlink()
    card = checkpoints.describe(file_for_path(path))[0]
    assert card.sha256 is None
    after = open_scorer(file_for_path(path), "cpu")
    assert loads == [path, path]
    assert after.checkpoint.summary.sha256 == checkpoints.sha256_of(path)
    assert after.logit(_crops()) != before


def test_a_changed_card_is_noticed(path: Path, loads: list[Path]) -> None:
    before = open_scorer(file_for_path(path), "cpu").logit(_crops())
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    card["classes"] = card["classes"][::-1]
    path.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    assert open_scorer(file_for_path(path), "cpu").logit(_crops()) == pytest.approx(-before)
    assert len(loads) == 2


def test_another_checkpoint_takes_the_place_of_the_first(path: Path, loads: list[Path]) -> None:
    first = weakref.ref(open_scorer(file_for_path(path), "cpu").checkpoint.network)
    copy = path.with_name("model_60_acc_10_frames_copy.pt")
    shutil.copy(path, copy)
    shutil.copy(path.with_suffix(".json"), copy.with_suffix(".json"))
    scorer = open_scorer(file_for_path(copy), "cpu")
    gc.collect()
    assert first() is None
    assert scorer.checkpoint.summary.name == copy.name
    assert loads == [path, copy]


def test_threads_share_one_network(path: Path, loads: list[Path]) -> None:
    def score(_: int) -> float:
        return open_scorer(file_for_path(path), "cpu").logit(_crops())

    with ThreadPoolExecutor(4) as pool:
        logits = set(pool.map(score, range(8)))
    assert len(logits) == 1
    assert len(loads) == 1


def test_the_kept_network_scores_as_a_fresh_one(path: Path) -> None:
    open_scorer(file_for_path(path), "cpu")
    kept = open_scorer(file_for_path(path), "cpu").logit(_crops())
    assert kept == Scorer.open(load_checkpoint(file_for_path(path)), "cpu").logit(_crops())


def test_a_file_that_changes_while_it_is_read_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = checkpoints.read_state_dict

    def slow(path: Path) -> object:
        state = original(path)
        with path.open("ab") as file:
            file.write(b"more")
        return state

    monkeypatch.setattr(checkpoints, "read_state_dict", slow)
    with pytest.raises(CheckpointFormatError, match="changed while"):
        open_scorer(file_for_path(path), "cpu")


def test_memory_of_the_gpu_that_runs_out_ends_on_the_cpu_and_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No GPU here: the features fail as on one until the scorer has moved."""
    expected = open_scorer(file_for_path(path), "cpu").logit(_crops())
    scorer = open_scorer(file_for_path(path), "cpu")
    shared = scorer.checkpoint.network
    scorer.device = "cuda"
    original = Scorer._features
    tried: list[int] = []

    def scarce(self: Scorer, crops: list[np.ndarray]) -> object:
        if self.device == "cuda":
            tried.append(len(crops))
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return original(self, crops)

    monkeypatch.setattr(Scorer, "_features", scarce)
    assert scorer.logit(_crops()) == expected
    assert tried == [4, 2, 1]
    assert scorer.device == "cpu"
    assert [said.code for said in scorer.fallbacks] == ["gpu_left"]
    assert scorer.checkpoint.network is not shared
    assert inference._kept is None
    monkeypatch.setattr(
        Scorer, "_features", lambda *_: (_ for _ in ()).throw(MemoryError("no memory"))
    )
    with pytest.raises(DeviceMemoryError):
        scorer.logit(_crops())


def test_what_was_begun_is_not_computed_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = open_scorer(file_for_path(path), "cpu")
    expected = scorer.logit(_crops(70))
    original = Scorer._features
    computed: list[int] = []

    def features(self: Scorer, crops: list[np.ndarray]) -> torch.Tensor:
        computed.append(len(crops))
        return original(self, crops)

    monkeypatch.setattr(Scorer, "_features", features)
    begun: list[torch.Tensor] = []
    for count in (20, 40, 66):
        scorer.begin(begun, _crops(70)[:count])
    assert computed == [32, 32]
    assert scorer.logit(_crops(70), features=begun) == expected
    assert computed == [32, 32, 6]


# --- memory of a GPU; most with none: only the device's name is one's --------------------------


@pytest.mark.parametrize(
    "text",
    [
        "CUDA out of memory. Tried to allocate 20.00 MiB.",
        "CUDA error: out of memory",
        "MPS backend out of memory (MPS allocated: 9.05 GiB)",
        "Invalid buffer size: 10.00 GiB",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED",
        "GET was unable to find an engine to execute this computation",
        "[enforce fail at alloc_cpu.cpp:124] . DefaultCPUAllocator: not enough memory: you tried",
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes",
    ],
)
def test_every_way_to_say_that_memory_ran_out(text: str) -> None:
    assert is_out_of_memory(RuntimeError(text))


def test_other_errors_are_not_taken_for_memory() -> None:
    assert not is_out_of_memory(RuntimeError("CUDA error: an illegal memory access"))


def test_only_the_last_size_of_batches_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = open_scorer(file_for_path(path), "cpu")
    original = Scorer._features

    def scarce(self: Scorer, crops: list[np.ndarray]) -> object:
        if len(crops) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return original(self, crops)

    monkeypatch.setattr(Scorer, "_features", scarce)
    scorer.logit(_crops(16))
    assert [(said.code, said.values) for said in scorer.fallbacks] == [("memory", (("batch", 2),))]


@pytest.fixture
def full_gpu(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A GPU, said to be there, without room for any network; how often one was tried."""
    original = torch.nn.Module.to
    moved: list[str] = []

    def to(self: torch.nn.Module, *where: object, **how: object) -> torch.nn.Module:
        if where == ("cuda",):
            moved.append("cuda")
            raise RuntimeError("CUDA error: out of memory")
        return original(self, *where, **how)  # type: ignore[call-overload, no-any-return]

    def chosen(device: Device) -> Device:
        return "cuda" if device == "auto" else device

    monkeypatch.setattr(torch.nn.Module, "to", to)
    monkeypatch.setattr(inference, "choose_device", chosen)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    return moved


def test_a_network_without_room_on_the_gpu_stays_on_the_cpu_and_says_so(
    path: Path, full_gpu: list[str]
) -> None:
    expected = open_scorer(file_for_path(path), "cpu").logit(_crops())
    for _ in range(2):
        scorer = open_scorer(file_for_path(path))
        assert scorer.device == "cpu"
        assert [said.code for said in scorer.fallbacks] == ["gpu_left"]
        assert scorer.logit(_crops()) == expected
    assert full_gpu == ["cuda"] * 2
    again = open_scorer(file_for_path(path), "cpu")
    assert again.checkpoint is scorer.checkpoint
    assert not again.fallbacks


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("CUDA error: no kernel image is available for execution on the device", False),
        ("CUDA out of memory. Tried to allocate 2.00 MiB.", True),
    ],
)
def test_a_gpu_too_old_for_torch_is_not_used_and_a_full_one_is(
    text: str, works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def zeros(*shape: int, device: str) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "zeros", zeros)
    inference.cuda_works.cache_clear()
    try:
        assert (inference.choose_device("auto") == "cuda") is works
        if not works:
            with pytest.raises(UsageError, match="cuda is not available"):
                inference.choose_device("cuda")
    finally:
        inference.cuda_works.cache_clear()


@pytest.mark.usefixtures("full_gpu")
def test_float32_is_not_shortened_on_cuda(path: Path) -> None:
    open_scorer(file_for_path(path))
    assert not torch.backends.cudnn.allow_tf32


def test_what_the_gpu_held_is_let_go_before_its_memory_is_given_back(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = open_scorer(file_for_path(path), "cpu")
    scorer.device = "cuda"
    held: list[weakref.ref[torch.Tensor]] = []
    alive: list[bool] = []

    def full(self: Scorer, crops: list[np.ndarray]) -> object:
        activations = torch.zeros(len(crops))
        held.append(weakref.ref(activations))
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    def empty_cache() -> None:
        alive.extend(one() is not None for one in held)
        monkeypatch.undo()

    monkeypatch.setattr(Scorer, "_features", full)
    monkeypatch.setattr(torch.cuda, "empty_cache", empty_cache)
    scorer.logit(_crops())
    assert alive == [False] * 3


def test_an_analysis_that_left_the_gpu_holds_nothing_there(path: Path) -> None:
    stage = NetworkStage(
        file_for_path(path), "cpu", Thresholds(), CancelToken(), lambda event: None
    )
    network = weakref.ref(stage._scorer.checkpoint.network)
    stage._scorer.device = "cuda"
    stage._scorer._back_off(1, MemoryError())
    gc.collect()
    assert network() is None


@needs_cuda
def test_cuda_says_the_same_and_backs_off(
    bundled: CheckpointFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = load_checkpoint(bundled).card.image_size
    crops = list(np.random.default_rng(3).integers(0, 256, (140, size, size, 3), dtype=np.uint8))
    expected = open_scorer(bundled, "cpu").logit(crops)
    assert open_scorer(bundled, "cuda").logit(crops) == pytest.approx(expected, abs=1e-3)
    scorer = open_scorer(bundled, "cuda", "auto")
    assert scorer.logit(crops) == pytest.approx(expected, abs=0.05)
    assert not scorer.fallbacks
    original = Scorer._features
    tried: list[int] = []

    def scarce(self: Scorer, crops: list[np.ndarray]) -> object:
        if self.device == "cuda":
            tried.append(len(crops))
            if len(tried) > 1:
                torch.empty(1 << 50, dtype=torch.uint8, device="cuda")
        return original(self, crops)

    monkeypatch.setattr(Scorer, "_features", scarce)
    assert scorer.logit(crops) == pytest.approx(expected, abs=0.05)
    assert tried == [128, 12, 6, 3, 1]
    assert scorer.device == "cpu"
    assert [said.code for said in scorer.fallbacks] == ["gpu_left"]


@needs_cuda
@pytest.mark.parametrize(
    ("spare_mib", "code", "device"), [(48, "gpu_memory", "cuda"), (0, "gpu_left", "cpu")]
)
def test_memory_that_cuda_has_not_got(
    bundled: CheckpointFile, spare_mib: int, code: str, device: str
) -> None:
    """Not simulated: the process may take so much more than the network, and asks for more."""
    size = load_checkpoint(bundled).card.image_size
    crops = list(np.random.default_rng(3).integers(0, 256, (140, size, size, 3), dtype=np.uint8))
    expected = open_scorer(bundled, "cpu").logit(crops)
    scorer = open_scorer(bundled, "cuda", "auto")
    scorer.logit(crops[:1])  # leaves what CUDA's libraries keep for themselves
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    spare = torch.cuda.memory_reserved() + (spare_mib << 20)
    torch.cuda.set_per_process_memory_fraction(spare / total)
    try:
        assert scorer.logit(crops) == pytest.approx(expected, abs=0.05)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert [said.code for said in scorer.fallbacks] == [code]
    assert scorer.device == device


# --- precision -----------------------------------------------------------------------------------


@pytest.fixture
def native_bf16() -> None:
    if short_dtype("cpu") is None:
        pytest.skip("this processor has no bfloat16 of its own (AVX512-BF16 or AMX)")


@pytest.fixture
def bundled(repository: Path) -> CheckpointFile:
    return select(list_checkpoints(repository / "models"), 20)


@pytest.mark.usefixtures("native_bf16")
def test_sixteen_bits_say_the_same_of_the_samples(
    repository: Path, bundled: CheckpointFile
) -> None:
    settings = AnalysisSettings(checkpoint=bundled.path, budget_frames=20, device="cpu")
    differences = []
    for sample in ("authentic.mp4", "manipulated.mp4"):
        found = {}
        for precision in PRECISIONS:
            request = AnalysisRequest(
                repository / "resources" / "samples" / sample,
                replace(settings, precision=precision),
            )
            *_, last = analyze(request)
            assert isinstance(last, Finished)
            found[precision] = last.analysis
        assert found["auto"].device.endswith(" threads, bf16)")
        assert found["exact"].device.endswith(" threads, fp32)")
        short, exact = (found[name].verdict.p_fake for name in PRECISIONS)
        assert short is not None
        assert exact is not None
        differences.append(abs(short - exact))
    assert max(differences) <= 0.01
    assert any(differences)  # not in both: sure traces leave nothing of the network


@pytest.mark.usefixtures("native_bf16")
def test_both_precisions_share_the_kept_network(bundled: CheckpointFile, loads: list[Path]) -> None:
    first, short, again = (
        open_scorer(bundled, "cpu", precision).logit(_crops())
        for precision in ("exact", "auto", "exact")
    )
    assert len(loads) == 1
    assert first == again
    assert short != first
    assert short == pytest.approx(first, abs=0.05)


def test_where_sixteen_bits_are_not_native_auto_is_exact(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An emulated bfloat16 would be slower than float32. An older torch cannot say."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_f": True})
    auto, exact = (open_scorer(file_for_path(path), "cpu", name) for name in PRECISIONS)
    assert auto.logit(_crops()) == exact.logit(_crops())
    assert device_name("cpu", "auto") == device_name("cpu", "exact")
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert short_dtype("cpu") is None


@pytest.mark.usefixtures("native_bf16")
def test_numbers_too_large_for_sixteen_bits_are_computed_in_thirty_two(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As float16 on a GPU would overflow; here the short features are made infinite."""
    exact = open_scorer(file_for_path(path), "cpu").logit(_crops())
    scorer = open_scorer(file_for_path(path), "cpu", "auto")
    original = Scorer._features

    def overflowing(self: Scorer, crops: list[np.ndarray]) -> torch.Tensor:
        features = original(self, crops)
        return features if self.precision == "exact" else features / 0

    monkeypatch.setattr(Scorer, "_features", overflowing)
    assert scorer.logit(_crops()) == exact
    assert scorer.precision == "exact"
    assert "16 bits" in caplog.text


def test_a_sequence_that_the_gpu_cannot_read_is_read_on_the_cpu(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The features fit, the LSTM does not. No GPU here: only the device's name is one's."""
    expected = open_scorer(file_for_path(path), "cpu").logit(_crops())
    scorer = open_scorer(file_for_path(path), "cpu")
    scorer.device = "cuda"
    features = Scorer._features
    original = Scorer._read

    def on_cpu(self: Scorer, crops: list[np.ndarray]) -> torch.Tensor:
        return features(replace(self, device="cpu"), crops)

    def scarce(self: Scorer, found: list[torch.Tensor], traces: None, patches: tuple[()]) -> float:
        if self.device == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return original(self, found, traces, patches)

    monkeypatch.setattr(Scorer, "_features", on_cpu)
    monkeypatch.setattr(Scorer, "_read", scarce)
    assert scorer.logit(_crops()) == expected
    assert scorer.device == "cpu"
    assert [said.code for said in scorer.fallbacks] == ["gpu_left"]
    monkeypatch.setattr(Scorer, "_read", lambda *_: (_ for _ in ()).throw(MemoryError("no memory")))
    with pytest.raises(DeviceMemoryError):
        scorer.logit(_crops())
