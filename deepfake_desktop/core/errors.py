"""What can go wrong, as one tree.

::

    DeepfakeDesktopError            exit code 1
    ├── UsageError                  exit code 2: the caller asked for something impossible
    ├── MediaError                  the video
    │   ├── FileUnreadableError     missing, a directory, no permission, changed meanwhile
    │   ├── EmptyFileError          zero bytes
    │   ├── NotAVideoError          no container that can be read
    │   ├── NoVideoStreamError      sound or subtitles only
    │   └── DamagedVideoError       a container without one frame that decodes
    ├── CheckpointError             the network's file
    │   ├── NoCheckpointError       none in any models folder
    │   ├── FramesUnavailableError  none for exactly that sequence length
    │   ├── CheckpointFormatError   text, truncated, not a state dict
    │   ├── UnsafeCheckpointError   a pickle that would run code
    │   ├── ArchitectureError       a state dict of another network
    │   └── CardError               a card that is no valid card
    ├── DeviceMemoryError           out of memory, on a GPU or in RAM
    ├── OutputError                 the result could not be written
    └── SelfTestError               the stored probabilities no longer come out

Cancellation is no error: ``Cancelled`` stands beside the tree.
"""

from __future__ import annotations

from pathlib import Path

EXIT_CANCELLED = 130


class DeepfakeDesktopError(Exception):
    """Root of all errors this program reports by itself.

    A message has three parts, so that a window can lay them out and a terminal can print them on
    one line: which file, what happened, what to do about it.
    """

    exit_code = 1

    def __init__(self, reason: str, *, path: Path | str | None = None, remedy: str = "") -> None:
        self.reason = reason
        self.path = None if path is None else Path(path)
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.path}: " if self.path is not None else ""
        reason = self.reason if self.reason.endswith((".", "!", "?")) else f"{self.reason}."
        return f"{head}{reason} {self.remedy}".rstrip()

    @property
    def code(self) -> str:
        """Stable name of the kind of error, for logs and translations."""
        return type(self).__name__


class UsageError(DeepfakeDesktopError):
    """The request itself is wrong."""

    exit_code = 2


class MediaError(DeepfakeDesktopError):
    """The video cannot be analysed."""


class FileUnreadableError(MediaError):
    """The file is missing, a directory, locked away, or changed while it was read."""


class EmptyFileError(MediaError):
    """The file has no bytes."""


class NotAVideoError(MediaError):
    """No demuxer recognises the file's content."""


class NoVideoStreamError(MediaError):
    """The container holds no picture stream."""


class DamagedVideoError(MediaError):
    """The container opens, but not one frame of it decodes."""


class CheckpointError(DeepfakeDesktopError):
    """The network's weights cannot be used."""


class NoCheckpointError(CheckpointError):
    """No checkpoint in any models folder."""


class FramesUnavailableError(CheckpointError):
    """No checkpoint for exactly the sequence length that was asked for."""


class CheckpointFormatError(CheckpointError):
    """The file is no PyTorch state dict: text, truncated, or something else."""


class UnsafeCheckpointError(CheckpointError):
    """The file is a pickle that would run code when loaded."""


class ArchitectureError(CheckpointError):
    """The state dict belongs to another network."""


class CardError(CheckpointError):
    """The checkpoint's card is not a valid card, or speaks of another file."""


class DeviceMemoryError(DeepfakeDesktopError):
    """Memory ran out, on the GPU or in RAM."""


class OutputError(DeepfakeDesktopError):
    """A result could not be written."""


class SelfTestError(DeepfakeDesktopError):
    """The program no longer computes what it computed when it was built."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """The caller cancelled the work."""


_OUT_OF_MEMORY = (
    "out of memory",  # CUDA and MPS
    "can't allocate memory",  # the CPU
    "not enough memory",  # the CPU, on Windows
    "invalid buffer size",  # MPS, of a batch too large for one buffer
    "_status_alloc_failed",  # cuBLAS and cuDNN
    "_status_not_initialized",  # the same, with no room for their own state
    "unable to find an engine",  # cuDNN, with no room for what any of its ways needs
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says, in one of the ways that torch has, that memory ran out."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return any(said in text for said in _OUT_OF_MEMORY)
