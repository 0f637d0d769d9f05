"""What each error means and what to do about it, in the window's language."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QCoreApplication

from deepfake_desktop.ui.failure import Failure

translate = QCoreApplication.translate


class ErrorText(NamedTuple):
    headline: str
    explanation: str
    remedy: str


def error_words(failure: Failure) -> ErrorText:
    """What happened and what to do, by the error's code."""
    known: dict[str, ErrorText] = {
        "FileUnreadableError": ErrorText(
            translate("errors", "The file cannot be read"),
            translate(
                "errors", "It was moved, deleted, changed meanwhile, or may not be read by you."
            ),
            translate("errors", "Check that it is still there, then try again."),
        ),
        "EmptyFileError": ErrorText(
            translate("errors", "The file is empty"),
            translate("errors", "It has no bytes. A download or a copy was probably interrupted."),
            translate("errors", "Fetch the file again."),
        ),
        "NotAVideoError": ErrorText(
            translate("errors", "This is not a video"),
            translate("errors", "Its content is in no video format that this program can read."),
            translate("errors", "Choose another file."),
        ),
        "NoVideoStreamError": ErrorText(
            translate("errors", "There is no picture in this file"),
            translate("errors", "It holds sound or subtitles only."),
            translate("errors", "Choose a file with a picture."),
        ),
        "DamagedVideoError": ErrorText(
            translate("errors", "The video is damaged"),
            translate("errors", "The file opens, but not one picture of it can be decoded."),
            translate("errors", "Fetch the file again, or try another copy."),
        ),
        "NoCheckpointError": ErrorText(
            translate("errors", "No model is installed"),
            translate(
                "errors", "The analysis needs a trained network (a checkpoint), and found none."
            ),
            translate("errors", "Add one in Models."),
        ),
        "FramesUnavailableError": ErrorText(
            translate("errors", "No model for this sequence length"),
            translate(
                "errors", "No installed checkpoint was trained for exactly this many frames."
            ),
            translate("errors", "Choose another length, or add a checkpoint in Models."),
        ),
        "CheckpointFormatError": ErrorText(
            translate("errors", "The model file cannot be used"),
            translate("errors", "It is cut short, or it is no PyTorch checkpoint."),
            translate("errors", "Fetch it again, or choose another one in Models."),
        ),
        "UnsafeCheckpointError": ErrorText(
            translate("errors", "The model file is not safe"),
            translate(
                "errors", "It holds more than numbers and could run code. It was not loaded."
            ),
            translate("errors", "Use a plain state dict from a source you trust."),
        ),
        "ArchitectureError": ErrorText(
            translate("errors", "The model file belongs to another network"),
            translate("errors", "Its weights do not fit the networks that this program knows."),
            translate("errors", "Choose another checkpoint in Models."),
        ),
        "CardError": ErrorText(
            translate("errors", "The model's card is not valid"),
            translate("errors", "The file that describes the checkpoint cannot be used."),
            translate("errors", "Copy the checkpoint and its card again, together."),
        ),
        "DeviceMemoryError": ErrorText(
            translate("errors", "Not enough memory"),
            translate("errors", "The analysis needed more memory than this device has free."),
            translate("errors", "Run it on the CPU, or with fewer frames."),
        ),
        "OutputError": ErrorText(
            translate("errors", "The file could not be written"),
            translate("errors", "The disk may be full, or the folder may not be written to."),
            translate("errors", "Choose another place, or make room."),
        ),
        "UsageError": ErrorText(
            translate("errors", "These settings do not go together"),
            translate("errors", "The analysis was asked for something impossible."),
            translate("errors", "Open the settings and change them, or reset them."),
        ),
        "SelfTestError": ErrorText(
            translate("errors", "The self-test failed"),
            translate(
                "errors", "The program no longer computes what it computed when it was built."
            ),
            translate(
                "errors",
                "No verdict is given. Install the program again, with the library versions that it "
                "was released with.",
            ),
        ),
    }
    known["EngineCrash"] = ErrorText(
        translate("errors", "The analysis stopped by itself"),
        translate(
            "errors",
            "Its process ended without a word: a video decoder, a driver or the memory may be at "
            "fault. The window and its other results are safe.",
        ),
        translate("errors", "Try again, or with fewer frames."),
    )
    unknown = ErrorText(
        translate("errors", "Something went wrong"),
        translate(
            "errors", "The program met an error that it did not expect. It was written to the log."
        ),
        translate(
            "errors", "Try again. If it stays, copy the details for whoever maintains the program."
        ),
    )
    return known.get(failure.code, unknown)
