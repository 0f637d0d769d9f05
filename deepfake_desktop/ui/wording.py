"""Everything the engine says, in the window's language.

The engine speaks in codes and plain English. Here each code has its translatable sentence; a code
that is not known here keeps the engine's own text, so a newer engine is never silent.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QLocale

from deepfake_desktop.core.types import Label, Reason, Stage
from deepfake_desktop.ui.failure import Failure

_tr = QCoreApplication.translate


def verdict(label: Label) -> str:
    """The verdict's word."""
    words: dict[Label, str] = {
        "FAKE": _tr("wording", "FAKE"),
        "REAL": _tr("wording", "REAL"),
        "INCONCLUSIVE": _tr("wording", "INCONCLUSIVE"),
        "NO FACE": _tr("wording", "NO FACE"),
    }
    return words[label]


def percent(share: float) -> str:
    """0.964 as ``96 %``: whole percents, never 0 or 100 for what is not exactly so."""
    whole = round(share * 100)
    if whole == 100 and share < 1.0:
        whole = 99
    if whole == 0 and share > 0.0:
        whole = 1
    return _tr("wording", "{0} %").format(QLocale().toString(whole))


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
    return _tr("wording", "{0} left").format(clock(max(1.0, seconds)))


def file_size(size_bytes: int) -> str:
    return QLocale().formattedDataSize(size_bytes, 1)


def person(index: int) -> str:
    """The ``index``-th person, counted from 0, as people count: Person 1."""
    return _tr("wording", "Person {0}").format(index + 1)


def stage(which: Stage) -> str:
    """What is going on, for a progress line."""
    words: dict[Stage, str] = {
        "open": _tr("wording", "Opening"),
        "frames": _tr("wording", "Reading frames"),
        "faces": _tr("wording", "Finding faces"),
        "network": _tr("wording", "Scoring faces"),
        "verdict": _tr("wording", "Weighing the evidence"),
    }
    return words.get(which, str(which))


# --- reasons -------------------------------------------------------------------------------------

_REASONS: dict[str, str] = {}


def reason(which: Reason) -> str:
    """A reason's sentence, with its figures."""
    template = _REASONS.get(which.code)
    if template is None:
        return which.text
    try:
        return _tr("reasons", template).format(**dict(which.values))
    except (KeyError, IndexError, ValueError):
        return which.text


# --- errors --------------------------------------------------------------------------------------


class ErrorText(NamedTuple):
    headline: str
    explanation: str
    remedy: str


def error(failure: Failure) -> ErrorText:
    """What happened and what to do, by the error's code."""
    known: dict[str, ErrorText] = {
        "FileUnreadableError": ErrorText(
            _tr("errors", "The file cannot be read"),
            _tr("errors", "It was moved, deleted, changed meanwhile, or may not be read by you."),
            _tr("errors", "Check that it is still there, then try again."),
        ),
        "EmptyFileError": ErrorText(
            _tr("errors", "The file is empty"),
            _tr("errors", "It has no bytes. A download or a copy was probably interrupted."),
            _tr("errors", "Fetch the file again."),
        ),
        "NotAVideoError": ErrorText(
            _tr("errors", "This is not a video"),
            _tr("errors", "Its content is in no video format that this program can read."),
            _tr("errors", "Choose another file."),
        ),
        "NoVideoStreamError": ErrorText(
            _tr("errors", "There is no picture in this file"),
            _tr("errors", "It holds sound or subtitles only."),
            _tr("errors", "Choose a file with a picture."),
        ),
        "DamagedVideoError": ErrorText(
            _tr("errors", "The video is damaged"),
            _tr("errors", "The file opens, but not one picture of it can be decoded."),
            _tr("errors", "Fetch the file again, or try another copy."),
        ),
        "NoCheckpointError": ErrorText(
            _tr("errors", "No model is installed"),
            _tr("errors", "The analysis needs a trained network (a checkpoint), and found none."),
            _tr("errors", "Add one in Models."),
        ),
        "FramesUnavailableError": ErrorText(
            _tr("errors", "No model for this sequence length"),
            _tr("errors", "No installed checkpoint was trained for exactly this many frames."),
            _tr("errors", "Choose another length, or add a checkpoint in Models."),
        ),
        "CheckpointFormatError": ErrorText(
            _tr("errors", "The model file cannot be used"),
            _tr("errors", "It is cut short, or it is no PyTorch checkpoint."),
            _tr("errors", "Fetch it again, or choose another one in Models."),
        ),
        "UnsafeCheckpointError": ErrorText(
            _tr("errors", "The model file is not safe"),
            _tr("errors", "It holds more than numbers and could run code. It was not loaded."),
            _tr("errors", "Use a plain state dict from a source you trust."),
        ),
        "ArchitectureError": ErrorText(
            _tr("errors", "The model file belongs to another network"),
            _tr("errors", "Its weights do not fit the networks that this program knows."),
            _tr("errors", "Choose another checkpoint in Models."),
        ),
        "CardError": ErrorText(
            _tr("errors", "The model's card is not valid"),
            _tr("errors", "The file that describes the checkpoint cannot be used."),
            _tr("errors", "Copy the checkpoint and its card again, together."),
        ),
        "DeviceMemoryError": ErrorText(
            _tr("errors", "Not enough memory"),
            _tr("errors", "The analysis needed more memory than this device has free."),
            _tr("errors", "Run it on the CPU, or with fewer frames."),
        ),
        "OutputError": ErrorText(
            _tr("errors", "The file could not be written"),
            _tr("errors", "The disk may be full, or the folder may not be written to."),
            _tr("errors", "Choose another place, or make room."),
        ),
        "UsageError": ErrorText(
            _tr("errors", "These settings do not go together"),
            _tr("errors", "The analysis was asked for something impossible."),
            _tr("errors", "Open the settings and change them, or reset them."),
        ),
        "SelfTestError": ErrorText(
            _tr("errors", "The self-test failed"),
            _tr("errors", "The program no longer computes what it computed when it was built."),
            _tr("errors", "Do not trust its results. Install it again."),
        ),
    }
    unknown = ErrorText(
        _tr("errors", "Something went wrong"),
        _tr(
            "errors", "The program met an error that it did not expect. It was written to the log."
        ),
        _tr(
            "errors", "Try again. If it stays, copy the details for whoever maintains the program."
        ),
    )
    return known.get(failure.code, unknown)


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
    QT_TRANSLATE_NOOP(
        "AnalysisSettings",
        "spread: windows over the whole video. opening: the first frames only. "
        "every: all frames, slow.",
    ),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Frame budget"),
    QT_TRANSLATE_NOOP(
        "AnalysisSettings", "At most this many frames are examined when sampling is spread."
    ),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Face detector"),
    QT_TRANSLATE_NOOP(
        "AnalysisSettings",
        "hog: fast on any machine. cnn: finds more profiles, slow without a GPU.",
    ),
    QT_TRANSLATE_NOOP("AnalysisSettings", "Device"),
    QT_TRANSLATE_NOOP("AnalysisSettings", "auto takes a GPU where there is one."),
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
    """A label or a help text out of AnalysisSettings' metadata."""
    return _tr("AnalysisSettings", text)


def choice(value: str) -> str:
    """One of the words that a setting offers."""
    words = {
        "spread": _tr("choices", "Spread over the video"),
        "opening": _tr("choices", "Opening frames only"),
        "every": _tr("choices", "Every frame"),
        "hog": _tr("choices", "HOG (fast)"),
        "cnn": _tr("choices", "CNN (thorough, slow)"),
        "auto": _tr("choices", "Automatic"),
        "cpu": _tr("choices", "CPU"),
        "cuda": _tr("choices", "NVIDIA GPU (CUDA)"),
        "mps": _tr("choices", "Apple GPU (MPS)"),
    }
    return words.get(value, value)
