"""A whole training: faces cut, reconstructions made, frame stage, sequence stage, checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint
from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.core.network import FrameSequenceNetwork, TextureStem, normalise
from deepfake_desktop.core.traces import trace_names
from deepfake_desktop.training import autoencoder, monitor
from deepfake_desktop.training.clips import make_clip_pair
from deepfake_desktop.training.curves import draw_curves
from deepfake_desktop.training.dataset import PairMaker
from deepfake_desktop.training.decoders.render import prepare_decoders
from deepfake_desktop.training.export import write_checkpoint
from deepfake_desktop.training.face_store import FaceStore
from deepfake_desktop.training.frame_stage import (
    FrameNetwork,
    FrameTrainer,
    Progress,
    shrink,
    training_device,
)
from deepfake_desktop.training.on_device.faces import DeviceFaces
from deepfake_desktop.training.on_device.stream import DeviceUnits
from deepfake_desktop.training.recipe import Recipe
from deepfake_desktop.training.sequence_stage import (
    FAKE,
    REAL,
    assemble,
    cache_features,
    fit_head,
)
from deepfake_desktop.training.sources import Sources, build_store, build_watch_store
from deepfake_desktop.training.synthetic_cache import SyntheticCache, reconstruct
from deepfake_desktop.training.trace_settings import FAMILIES
from deepfake_desktop.training.trace_stage import (
    TraceSet,
    fit_traces,
    measure_traces,
    texture_stem,
    trace_maker,
)

logger = logging.getLogger(__name__)

Report = Callable[[str, int, int, float | None], None]
"""(stage, done, total, seconds left or None)."""


@dataclass(frozen=True, slots=True)
class Job:
    """``run``: state and caches; ``models``: where the checkpoint goes; None makes none."""

    recipe: Recipe
    sources: Sources
    run: Path
    models: Path | None
    tag: str = "own_data"
    licence: str = "MIT"
    decoder: Path | None = None
    decoders: Path | None = None
    """Fitted networks and their pictures, of this run or another's; None is ``run/decoders``."""
    reconstructions: int = 1500
    teacher: Path | None = None
    made_pairs: int = 120
    held_out_clips: int = 60
    until_step: int | None = None
    watch: Path | None = None
    """A labelled list of clips; those that may not be trained on are scored at every check."""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``accuracy`` and ``auc`` on made (or labelled) fakes of identities never trained on."""

    checkpoint: Path | None
    accuracy: float
    auc: float
    frame_auc: float


def train(job: Job, report: Report) -> Outcome | None:
    """Run or continue ``job``; None if it stopped at ``until_step`` before the end.

    Raises:
        UsageError: if there is too little to train or to measure on.
    """
    recipe = job.recipe
    torch.set_num_threads(recipe.threads)
    store = build_store(
        job.sources, job.run / "store", report=lambda name, k, n: report("faces", k, n, None)
    )
    check_enough(store)
    synthetic = reconstructions(job, store, report)
    maker = PairMaker(store, store.split(held_out=False), recipe.pairs, synthetic)
    teacher = load_frame_network(job.teacher) if job.teacher is not None else None
    batches = device_batches(job, maker) if recipe.on_device else None
    trainer = FrameTrainer(recipe, maker, job.run, teacher=teacher, batches=batches)
    made = monitor.made_set(
        store, recipe.pairs, synthetic, pairs=job.made_pairs, seed=recipe.seed + 1
    )

    watched = {}
    if job.watch is not None:
        watch_store = build_watch_store(
            job.watch, job.run / "watch", report=lambda name, k, n: report("watch", k, n, None)
        )
        watched = monitor.clip_crops(
            watch_store, size=recipe.input_px, margin=recipe.pairs.crop_margin, frames=6
        )

    def check(network: FrameNetwork) -> dict[str, float]:
        network.eval()
        clips = {
            clip: (family, float(np.mean(monitor.score_images(network, crops))))
            for clip, (family, crops) in watched.items()
        }
        return measure_made(network) | (monitor.clip_aucs(clips) if clips else {})

    def measure_made(network: FrameNetwork) -> dict[str, float]:
        return monitor.made_auc(lambda x: network.eval()(shrink(x, recipe.network_px)), made)

    def progress(state: Progress) -> None:
        report("frames", state.step, state.steps, state.remaining_s)

    trainer.run(check=check, report=progress, until=job.until_step)
    draw_curves(job.run)
    if trainer.step < recipe.frame.steps:
        return None
    return finish(job, store, synthetic, trainer.ema.network, trainer.origin, report)


def finish(
    job: Job,
    store: FaceStore,
    synthetic: SyntheticCache | None,
    network: FrameNetwork,
    origin: str,
    report: Report,
) -> Outcome:
    """The sequence stage on ``network`` and, where asked for, the file."""
    recipe = job.recipe
    stage = recipe.sequence
    maker = PairMaker(store, store.split(held_out=False), recipe.pairs, synthetic)
    features = cache_features(
        network,
        maker,
        pairs=stage.clips,
        frames=stage.frames,
        seed=recipe.seed + 2,
        input_px=recipe.input_px,
        report=lambda done: report("clips", done, stage.clips, None),
    )
    head = fit_head(features, stage, seed=recipe.seed)
    whole = assemble(network, head, backbone=recipe.backbone, stage=stage)
    add_traces_to(whole, job, store, synthetic, report)
    held_out = PairMaker(store, store.split(held_out=True), recipe.pairs, synthetic)
    scores = score_held_out(whole, held_out, job, recipe.seed + 3, report, network)
    accuracy = balanced_accuracy(*scores.whole)
    found, frame_auc = monitor.auc(*scores.whole), monitor.auc(*scores.frames)
    path = None
    if job.models is not None:
        path = write_checkpoint(
            whole,
            job.models,
            accuracy=100 * accuracy,
            frames=stage.frames,
            tag=job.tag,
            image_size=recipe.input_px,
            crop_margin=recipe.pairs.crop_margin,
            backbone=recipe.backbone,
            readout="mean" if stage.readout == "mean" else "last",
            licence=job.licence,
            trained_on=describe_sources(store, origin),
            metrics=unseen_identities(job, accuracy, found, frame_mean_auc=round(frame_auc, 4)),
            notes=job.notes,
            trace_kinds=tuple(FAMILIES) if whole.traces is not None else (),
        )
    return Outcome(path, accuracy, found, frame_auc)


def add_traces_to(
    network: FrameSequenceNetwork,
    job: Job,
    store: FaceStore,
    synthetic: SyntheticCache | None,
    report: Report,
) -> bool:
    """The trace stage: give ``network`` what looks at a face's own resolution. False, and nothing
    done, where the recipe leaves it out or no real clip is long enough."""
    stage = job.recipe.traces
    faces = store.split(held_out=False)
    clips = store.clips(faces[~store.fake[faces]]).values()
    if stage.clips == 0 or not any(len(clip) >= stage.frames for clip in clips):
        return False
    stem = texture_stem() if stage.texture else None
    path, seed = job.run / "traces.npz", job.recipe.seed + 4
    measured = len(trace_names()) + (TextureStem.NUMBERS if stem is not None else 0)
    made_as = f"{len(store)} faces, seed {seed}, {measured} numbers, {stage.made_as()}"
    found = TraceSet.load(path) if path.exists() else None
    if found is None or found.made_as != made_as:
        maker = trace_maker(store, job.recipe.pairs, stage, synthetic, held_out=False)
        found = measure_traces(
            maker,
            stage,
            seed=seed,
            stem=stem,
            report=lambda done: report("traces", done, stage.clips, None),
        )
        found = replace(found, made_as=made_as)
        found.save(path)
    network.traces, network.patches = fit_traces(found, stage), stem
    return True


@dataclass(slots=True)
class Scores:
    """Log-odds of fake of real and of fake clips: the whole checkpoint's, and the means of what a
    frame stage's network says of single frames."""

    whole: tuple[list[float], list[float]]
    frames: tuple[list[float], list[float]]


@torch.inference_mode()
def score_held_out(
    network: FrameSequenceNetwork,
    maker: PairMaker,
    job: Job,
    seed: int,
    report: Report,
    frame_network: FrameNetwork | None = None,
) -> Scores:
    """What ``network`` makes of ``maker``'s clips, as an analysis would."""
    stage = job.recipe.sequence
    scores = Scores(([], []), ([], []))
    for number in range(job.held_out_clips):
        rng = np.random.default_rng((seed, number))
        pair = make_clip_pair(maker, rng, frames=stage.frames, native=network.traces is not None)
        sides = ((pair.real, pair.real_native), (pair.fake, pair.fake_native))
        for index, (clip, native) in enumerate(sides):
            images = shrink(normalise(torch.from_numpy(clip)), job.recipe.network_px)
            features = network.frame_features(images)
            logits = network.sequence_logits(features.unsqueeze(0))[0]
            seen = (native.traces, native.patches) if native is not None else ()
            logit = network.with_evidence(logits[FAKE] - logits[REAL], *map(torch.from_numpy, seen))
            scores.whole[index].append(float(logit))
            if frame_network is not None:
                scores.frames[index].append(float(frame_network.judge(features).mean()))
        report("clips", number + 1, job.held_out_clips, None)
    return scores


def balanced_accuracy(real: list[float], fake: list[float]) -> float:
    """At the median of all scores, as many being real as fake: where zero lies is for calibration,
    which comes later, to say."""
    middle = float(np.median(real + fake))
    return float((np.mean(np.asarray(real) < middle) + np.mean(np.asarray(fake) > middle)) / 2)


def unseen_identities(job: Job, accuracy: float, auc: float, **more: float) -> dict[str, object]:
    """What a card says of the pairs that ``job`` held out."""
    return {
        "unseen_identities": {
            "what": "clips of identities never trained on, fakes made as in training; accuracy at "
            "the median score",
            "pairs": job.held_out_clips,
            "auc": round(auc, 4),
            "accuracy": round(accuracy, 4),
            **more,
        }
    }


def load_frame_network(run: Path) -> FrameNetwork:
    """The averaged network of a run's ``state.pt``, for distilling or for measuring.

    Raises:
        UsageError: if the folder holds no state.
    """
    path = run / "state.pt"
    if not path.exists():
        raise UsageError("holds no state of a training", path=run)
    state = torch.load(path, map_location="cpu", weights_only=True)
    network = FrameNetwork(FrameSequenceNetwork(state["recipe"]["backbone"], hidden=1), dropout=0.0)
    network.load_state_dict(state["ema"])
    return network.eval().to(memory_format=torch.channels_last)


def device_batches(job: Job, maker: PairMaker) -> Callable[[int], DeviceUnits]:
    """``maker``'s faces, taken to a GPU where there is one, and pairs made of them there."""
    if maker.given:
        logger.warning("labelled fakes are not used by a recipe that makes its pairs on the device")
    device = training_device()
    faces = DeviceFaces(maker.store, maker.faces, device)
    decoder = None
    if job.decoder is not None and autoencoder.available(job.decoder):
        decoder = autoencoder.AutoEncoder(job.decoder, device=str(device))

    def batches(first_step: int) -> DeviceUnits:
        recipe = job.recipe
        return DeviceUnits(
            maker,
            faces,
            decoder,
            kinds=recipe.batch_kinds,
            units=recipe.frame.units,
            seed=recipe.seed,
            first_step=first_step,
        )

    return batches


def check_enough(store: FaceStore) -> None:
    for held in (False, True):
        faces = store.split(held_out=held)
        if not (~store.fake[faces]).any():
            raise UsageError(
                "there are too few people: none is left to "
                + ("measure on" if held else "train on"),
                remedy="Give faces or videos of at least two people, one folder or file each.",
            )


def describe_sources(store: FaceStore, origin: str) -> list[str]:
    """One line per source with its counts, for the card."""
    lines = [f"start: {origin}"]
    training = store.split(held_out=False)
    for source in sorted(set(store.source[training])):
        rows = training[store.source[training] == source]
        kind = "fake" if store.fake[rows].any() else "real"
        lines.append(
            f"{source} ({kind}): {len(set(store.identity[rows]))} identities, {len(rows)} crops"
        )
    return lines


def reconstructions(job: Job, store: FaceStore, report: Report) -> SyntheticCache | None:
    """By the pretrained autoencoder where its weights are given, and by the recipe's networks;
    where it names none, those that are in ``job.decoders`` already."""
    folders = []
    if autoencoder.available(job.decoder):
        folders.append(_pretrained(job, store, report))
    else:
        logger.warning("no autoencoder weights: training goes without its reconstructions")
    folder = job.decoders or job.run / "decoders"
    if job.decoders is not None or job.recipe.decoders.networks:
        prepare_decoders(
            store,
            job.recipe.decoders,
            folder,
            seed=job.recipe.seed,
            report=lambda stage, k, n: report(stage, k, n, None),
        )
        folders.append(folder)
    return SyntheticCache(*folders) if folders else None


def _pretrained(job: Job, store: FaceStore, report: Report) -> Path:
    assert job.decoder is not None
    folder = job.run / "synthetic"
    done = set(SyntheticCache(folder).faces())
    order = np.random.default_rng(job.recipe.seed).permutation(np.flatnonzero(~store.fake))
    missing = max(0, job.reconstructions - len(done))
    wanted = [int(i) for i in order if int(i) not in done][:missing]
    total = len(wanted)
    for k, _ in enumerate(
        reconstruct(store, iter(wanted), job.decoder, folder, seed=job.recipe.seed + len(done))
    ):
        report("reconstructions", k + 1, total, None)
    return folder


def add_traces(job: Job, checkpoint: Path, report: Report) -> Outcome:
    """A copy of ``checkpoint`` with a trace head of ``job``'s faces, for ``job.models``.

    Its network stays as it is. Calibration and thresholds of the old card no longer hold and are
    left out: calibrate it next.

    Raises:
        CheckpointError: if the checkpoint cannot be used.
        UsageError: if the checkpoint is read in another way than training writes them, or there is
            no trace stage, or nothing but stills for it.
    """
    recipe = job.recipe
    torch.set_num_threads(recipe.threads)
    loaded = load_checkpoint(file_for_path(checkpoint))
    card = loaded.card
    ours = Card(classes=("fake", "real"))
    read = ("classes", "color", "temporal", "crop_margin_px")
    if any(getattr(card, name) != getattr(ours, name) for name in read):
        raise UsageError(
            "traces can be added only to a checkpoint that was trained here", path=checkpoint
        )
    store = build_store(
        job.sources, job.run / "store", report=lambda name, k, n: report("faces", k, n, None)
    )
    check_enough(store)
    frames = card.frames or recipe.sequence.frames
    recipe = replace(
        recipe,
        network_px=0,
        pairs=replace(recipe.pairs, image_size=card.image_size, crop_margin=card.crop_margin),
        sequence=replace(recipe.sequence, frames=frames),
    )
    job = replace(job, recipe=recipe)
    synthetic = reconstructions(job, store, report)
    if job.models is None or not add_traces_to(loaded.network, job, store, synthetic, report):
        raise UsageError(
            "there is nothing to fit traces to",
            remedy="Give videos of real people, and a recipe with clips under [traces].",
        )
    maker = PairMaker(store, store.split(held_out=True), recipe.pairs)
    scores = score_held_out(loaded.network, maker, job, recipe.seed + 5, report)
    accuracy, found = balanced_accuracy(*scores.whole), monitor.auc(*scores.whole)
    path = write_checkpoint(
        loaded.network,
        job.models,
        accuracy=100 * accuracy,
        frames=frames,
        tag=job.tag,
        image_size=card.image_size,
        crop_margin=card.crop_margin,
        backbone=card.backbone,
        readout=card.readout,
        licence=card.licence,
        trained_on=card.trained_on,
        metrics=unseen_identities(job, accuracy, found),
        notes=job.notes or card.notes,
        trace_kinds=tuple(FAMILIES),
    )
    return Outcome(path, accuracy, found, float("nan"))
