"""Everything the engine says, in the window's language.

The engine speaks in codes and plain English. Here each code has its translatable sentence; a code
that is not known here keeps the engine's own text, so a newer engine is never silent.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QDateTime, QLocale, Qt

from deepfake_desktop.core.paths import bundled_models_dir
from deepfake_desktop.core.types import CheckpointSummary, Label, Reason, SelfTest, Stage

translate = QCoreApplication.translate


def verdict(label: Label) -> str:
    """The verdict's word."""
    words: dict[Label, str] = {
        "FAKE": translate("wording", "FAKE"),
        "REAL": translate("wording", "REAL"),
        "INCONCLUSIVE": translate("wording", "INCONCLUSIVE"),
        "NO FACE": translate("wording", "NO FACE"),
    }
    return words[label]


def kind(name: str) -> str:
    """A kind of manipulation as a card names it; one that is not known here keeps its name."""
    words = {
        "all": translate("wording", "all"),
        "face swap": translate("wording", "face swap"),
        "lip sync": translate("wording", "lip sync"),
        "reenactment": translate("wording", "reenactment"),
        "talking head": translate("wording", "talking head"),
    }
    name = name.replace("_", " ")
    return words.get(name, name)


def evidence(checkpoint: CheckpointSummary) -> str:
    """What a checkpoint reads beside its network; empty where that is nothing."""
    parts = [kind(name) for name in checkpoint.trace_kinds]
    if checkpoint.patches:
        parts.append(translate("wording", "texture"))
    return ", ".join(parts)


def percent(share: float) -> str:
    """0.964 as ``96 %``: whole percents, never 0 or 100 for what is not exactly so."""
    whole = round(share * 100)
    if whole == 100 and share < 1.0:
        whole = 99
    if whole == 0 and share > 0.0:
        whole = 1
    return translate("wording", "{0} %").format(QLocale().toString(whole))


def clock(seconds: float, *, hundredths: bool = False) -> str:
    """12.3 s as ``0:12``, from an hour on as ``1:02:03``; with hundredths ``0:12.30``."""
    total = max(0.0, seconds)
    if hundredths:
        ticks = round(total * 100)
        whole, rest = divmod(ticks, 100)
        tail = f".{rest:02d}"
    else:
        whole, tail = int(total), ""
    minutes, secs = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{secs:02d}{tail}"
    return f"{minutes}:{secs:02d}{tail}"


def time_left(seconds: float) -> str:
    return translate("wording", "{0} left").format(clock(max(1.0, seconds)))


def file_size(size_bytes: int) -> str:
    return QLocale().formattedDataSize(size_bytes, 1)


def device(name: str) -> str:
    """What computed a result, as people write it: ``cpu (2 threads)`` is ``CPU (2 threads)``."""
    for short in ("cpu", "cuda", "mps"):
        if name == short or name.startswith((f"{short} ", f"{short}:")):
            return short.upper() + name[len(short) :]
    return name


def place(path: Path) -> str:
    """A path as people know it: the home is ``~``, and the program's own folder has no name."""
    if path.is_relative_to(bundled_models_dir()):
        return translate("wording", "comes with the program")
    home = Path.home()
    if path.is_relative_to(home) and home != Path(home.anchor):
        return str(Path("~") / path.relative_to(home))
    return str(path)


def person(index: int) -> str:
    """The ``index``-th person, counted from 0, as people count: Person 1."""
    return translate("wording", "Person {0}").format(index + 1)


def self_test(outcome: SelfTest) -> str:
    """Whether a checkpoint still gives the scores that it was released with."""
    when = ""
    if outcome.tested_utc is not None:
        moment = QDateTime.fromString(outcome.tested_utc, Qt.DateFormat.ISODate).toLocalTime()
        when = moment.toString("yyyy-MM-dd HH:mm")  # one way to read it, in every country
    words = {
        "passed": translate("wording", "passed, {0}"),
        "failed": translate("wording", "failed, {0}: no verdict is given"),
        "not covered": translate("wording", "none: no scores are stored for this checkpoint"),
        "not run": translate("wording", "runs before the first verdict"),
    }
    return words[outcome.result].format(when)


def stage(which: Stage) -> str:
    """What is going on, for a progress line."""
    words: dict[Stage, str] = {
        "open": translate("wording", "Opening"),
        "frames": translate("wording", "Reading frames"),
        "faces": translate("wording", "Finding faces"),
        "network": translate("wording", "Scoring faces"),
        "verdict": translate("wording", "Weighing the evidence"),
    }
    return words.get(which, str(which))


# --- reasons -------------------------------------------------------------------------------------

# Templates, for the translators' tool to find. A key is the reason's code; "@1" stands for the
# form where its first figure is one.
_REASONS: dict[str, object] = {
    "no_face": QT_TRANSLATE_NOOP(
        "reasons",
        "No face was found in the examined frames. Faces must be turned towards the camera and "
        "not be tiny.",
    ),
    "few_frames": QT_TRANSLATE_NOOP(
        "reasons", "The face was seen in only {frames} of the examined frames."
    ),
    "small_face": QT_TRANSLATE_NOOP("reasons", "The face is small, {face_px} pixels wide."),
    "blurred_face": QT_TRANSLATE_NOOP("reasons", "The face is blurred; fine traces may be lost."),
    "overexposed_face": QT_TRANSLATE_NOOP(
        "reasons", "The face is overexposed: {share} of it is as bright as can be."
    ),
    "noisy_face": QT_TRANSLATE_NOOP(
        "reasons", "The face is noisy, and noise makes fakes look like camera video."
    ),
    "turned_away": QT_TRANSLATE_NOOP(
        "reasons",
        "The face is often turned away or covered; it was followed, not detected, in {share} of "
        "the searched frames.",
    ),
    "most_suspicious_of": QT_TRANSLATE_NOOP(
        "reasons",
        "{people} people were scored on their own; person {id} decides, as the most suspicious "
        "one.",
    ),
    "unclear_suspicious": QT_TRANSLATE_NOOP(
        "reasons", "Person {id} scores {p_fake} fake, but is seen too poorly to decide."
    ),
    "between_thresholds": QT_TRANSLATE_NOOP(
        "reasons",
        "The score, {p_fake} fake, lies between what this checkpoint calls REAL (up to {real}) "
        "and FAKE (from {fake}).",
    ),
    "windows_disagree": QT_TRANSLATE_NOOP(
        "reasons", "The windows disagree: {fake} of {windows} look fake, {real} look real."
    ),
    "windows_fake": QT_TRANSLATE_NOOP(
        "reasons", "{agreeing} of {windows} windows look manipulated."
    ),
    "windows_fake@1": QT_TRANSLATE_NOOP(
        "reasons", "The one window that was examined looks manipulated."
    ),
    "windows_real": QT_TRANSLATE_NOOP("reasons", "{agreeing} of {windows} windows look authentic."),
    "windows_real@1": QT_TRANSLATE_NOOP(
        "reasons", "The one window that was examined looks authentic."
    ),
    "suspicious_moment": QT_TRANSLATE_NOOP(
        "reasons", "Look at {start_s} to {end_s}: that window alone scores {p_fake} fake."
    ),
    "memory": QT_TRANSLATE_NOOP("reasons", "Out of memory, went on in batches of {batch}."),
    "gpu_memory": QT_TRANSLATE_NOOP(
        "reasons", "Out of memory on the GPU, went on in batches of {batch}."
    ),
    "gpu_left": QT_TRANSLATE_NOOP("reasons", "Out of memory on the GPU, went on on the CPU."),
    "nearest_checkpoint": QT_TRANSLATE_NOOP(
        "reasons", "The checkpoint was trained for {trained_for} frames and is used with {frames}."
    ),
    "class_order_assumed": QT_TRANSLATE_NOOP(
        "reasons",
        "Nothing states the class order of this checkpoint. [{order}] is assumed, as its "
        "documentation says; if that is wrong, REAL and FAKE are swapped.",
    ),
    "uncalibrated": QT_TRANSLATE_NOOP(
        "reasons",
        "This checkpoint was never calibrated: its percentages are the network's own and tend to "
        "be too sure.",
    ),
    "damaged_packets": QT_TRANSLATE_NOOP(
        "reasons", "{packets} damaged piece(s) of the video were skipped."
    ),
    "damaged_frames": QT_TRANSLATE_NOOP("reasons", "{frames} damaged frame(s) were left out."),
    "truncated": QT_TRANSLATE_NOOP(
        "reasons", "The file is cut off: it holds {held_s} of {declared_s}."
    ),
}

#: Figures that are not shown as they are.
_SHARES = frozenset(("p_fake", "share"))


def reason(which: Reason) -> str:
    """A reason's sentence, with its figures."""
    figures = dict(which.values)
    template = _REASONS.get(which.code)
    if which.values and which.values[0][1] == 1:
        template = _REASONS.get(f"{which.code}@1", template)
    if template is None:
        return which.text
    is_share = which.code == "between_thresholds"
    shown: dict[str, object] = {}
    for name, value in figures.items():
        if isinstance(value, int | float) and (name in _SHARES or is_share):
            shown[name] = percent(float(value))
        elif name.endswith("_s") and isinstance(value, int | float):
            shown[name] = clock(float(value), hundredths=True)
        else:
            shown[name] = value
    try:
        return translate("reasons", str(template)).format(**shown)
    except (KeyError, IndexError, ValueError):
        return which.text


# --- settings ------------------------------------------------------------------------------------

#: The texts in the metadata of AnalysisSettings, for the translators' tool to find.
_SETTINGS = (
    QT_TRANSLATE_NOOP("AnalysisSettings", "Sequence length"),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Consecutive sampled frames the network reads at once."),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Insist on this length"),
    QT_TRANSLATE_NOOP(
        "AnalysisSettings",
        "Fail when no checkpoint was trained for exactly this sequence length.",
    ),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Checkpoint"),
    QT_TRANSLATE_NOOP(
        "AnalysisSettings", "Automatic picks the most accurate one for the sequence length."
    ),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Sampling"),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Frame budget"),
    QT_TRANSLATE_NOOP(
        "AnalysisSettings", "At most this many frames are examined when sampling is spread."
    ),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Face detector"),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Device"),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Precision"),
    QT_TRANSLATE_NOOP(
        "AnalysisSettings",
        "Automatic computes in 16 bits where the device does so natively: quicker, and "
        "probabilities move a little. Exact computes in 32 bits everywhere.",
    ),
    QT_TRANSLATE_NOOP("AnalysisSettings", "REAL up to"),
    QT_TRANSLATE_NOOP(
        "AnalysisSettings",
        "Probability of fake up to which a video is called REAL. Empty: the checkpoint's own.",
    ),
    QT_TRANSLATE_NOOP("AnalysisSettings", "FAKE from"),
    QT_TRANSLATE_NOOP(
        "AnalysisSettings",
        "Probability of fake from which a video is called FAKE. Empty: the checkpoint's own.",
    ),
)


def setting(text: str) -> str:
    """A label or a help text out of AnalysisSettings' metadata.

    Where the engine's text explains the words of the command line, the window's own words stand.
    """
    if text.startswith("spread:"):
        return translate(
            "AnalysisSettings",
            "Windows spread over the whole video suit most files. The opening is quickest, every "
            "frame is slowest.",
        )
    if text.startswith("hog:"):
        return translate(
            "AnalysisSettings",
            "HOG is fast on any machine. CNN finds more profiles, and is slow without a GPU.",
        )
    if text.startswith("auto takes"):
        return translate("AnalysisSettings", "Automatic takes a GPU where there is one.")
    return translate("AnalysisSettings", text)


def choice(value: str) -> str:
    """One of the words that a setting offers."""
    words = {
        "spread": translate("choices", "Spread over the video"),
        "opening": translate("choices", "Opening frames only"),
        "every": translate("choices", "Every frame"),
        "hog": translate("choices", "HOG (fast)"),
        "cnn": translate("choices", "CNN (thorough, slow)"),
        "auto": translate("choices", "Automatic"),
        "cpu": translate("choices", "CPU"),
        "cuda": translate("choices", "NVIDIA GPU (CUDA)"),
        "mps": translate("choices", "Apple GPU (MPS)"),
        "exact": translate("choices", "Exact (32 bits)"),
    }
    return words.get(value, value)
