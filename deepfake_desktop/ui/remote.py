"""Work in a process of its own, asked for from a worker's thread.

Why not only a thread: dlib's detector and the import of torch hold Python's interpreter lock for
tens to hundreds of milliseconds at a time, and for as long the window would stand still. A process
also takes a crash of a native library with it instead of the window. docs/adr tells the rest.

Pipes carry frozen values only: requests and tokens' cancellations down, events and one outcome up.
No sockets: the pipes are one-way, which multiprocessing makes of plain pipes.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import logging
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from deepfake_desktop.core.errors import Cancelled
from deepfake_desktop.core.threads import step_behind_the_window
from deepfake_desktop.core.types import AnalysisRequest, CancelToken, Event, SelfTest
from deepfake_desktop.ui.failure import Failure

if TYPE_CHECKING:
    from deepfake_desktop.core.assurance import Assurance

log = logging.getLogger(__name__)

_POLL_S = 0.02
_PATIENCE_S = 2.0
_LAST_CHANCE_S = 10.0


# --- what goes through the pipes


@dataclass(frozen=True, slots=True)
class _Call:
    """``target`` is ``module:function``; it gets the arguments and, by name, ``cancel``."""

    id: int
    target: str
    arguments: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Cancel:
    id: int


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    id: int
    value: Any


@dataclass(frozen=True, slots=True)
class _Ended:
    """The last word on a call. ``failure`` and ``cancelled`` are its two bad ends."""

    id: int
    failure: Failure | None = None
    cancelled: bool = False


class RemoteError(Exception):
    """A call failed over there. ``failure`` says how, with the traceback of that side."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


# --- this side


class Remote:
    """One process, started when first needed and again after a crash. One call at a time.

    All methods but ``close`` belong to one thread, the one that waits for the answers.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._ids = itertools.count(1)
        self._process: BaseProcess | None = None
        self._down: Connection | None = None
        self._up: Connection | None = None

    def stream(
        self, target: str, *arguments: object, cancel: CancelToken
    ) -> Generator[Any, None, None]:
        """Yields what ``target`` yields, or the one value that it returns.

        Raises:
            RemoteError: it raised, or the process died.
            Cancelled: ``cancel`` was set. The call ends over there by itself, in its own time;
                what it still says is dropped, and the next call waits for it there.
        """
        cancel.raise_if_cancelled()
        self.start()
        call = _Call(next(self._ids), target, arguments)
        ended = False
        try:
            self._send(call)
            while True:
                cancel.raise_if_cancelled()
                message = self._receive()
                if message is None or message.id != call.id:
                    continue
                if isinstance(message, _Item):
                    yield message.value
                    continue
                ended = True
                if message.cancelled:
                    raise Cancelled
                if message.failure is not None:
                    raise RemoteError(message.failure)
                return
        finally:
            if not ended and self._down is not None:
                with contextlib.suppress(RemoteError):
                    self._send(_Cancel(call.id))

    def call(self, target: str, *arguments: object, cancel: CancelToken) -> Any:
        """The last value of ``stream``: for functions that return one."""
        values = list(self.stream(target, *arguments, cancel=cancel))
        return values[-1] if values else None

    def start(self) -> None:
        """Starts the process unless it runs."""
        if self._process is not None and self._process.is_alive():
            return
        self._forget()
        context = multiprocessing.get_context("spawn")
        theirs_in, self._down = context.Pipe(duplex=False)
        self._up, theirs_out = context.Pipe(duplex=False)
        process = context.Process(
            target=_serve, args=(theirs_in, theirs_out), name=self._name, daemon=True
        )
        process.start()
        theirs_in.close()
        theirs_out.close()
        self._process = process
        log.info("process %s: %s", self._name, process.pid)

    def close(self) -> None:
        """Ends the process: by closing the pipe, which cancels what runs; by force if it must."""
        if self._down is not None:
            self._down.close()
        if self._process is not None:
            self._process.join(_LAST_CHANCE_S)
            if self._process.is_alive():
                log.warning("process %s does not end and is killed", self._name)
                self._process.kill()
                self._process.join()
        self._forget()

    def _forget(self) -> None:
        for end in (self._down, self._up):
            if end is not None:
                end.close()
        if self._process is not None:
            self._process.close()
        self._process = self._down = self._up = None

    def _send(self, message: object) -> None:
        assert self._down is not None
        try:
            self._down.send(message)
        except OSError:
            raise self._death() from None

    def _receive(self) -> _Item | _Ended | None:
        """A message, or None after a moment without one."""
        assert self._up is not None
        try:
            if not self._up.poll(_POLL_S):
                return None
            message: _Item | _Ended = self._up.recv()
        except (EOFError, OSError):
            raise self._death() from None
        return message

    def _death(self) -> RemoteError:
        code = None
        if self._process is not None:
            self._process.join(_LAST_CHANCE_S)
            code = self._process.exitcode
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._forget()
        text = f"the {self._name} process ended by itself (exit code {code})"
        log.error(text)
        # Linux ends what takes too much memory with signal 9.
        kind = "DeviceMemoryError" if code == -9 else "EngineCrash"
        return RemoteError(Failure(kind, text, "", None, text))


class RemoteEngine:
    """The engine's verb, run by a process: what the analysis worker calls."""

    def __init__(self) -> None:
        self._remote = Remote("engine")

    def __call__(self, request: AnalysisRequest, *, cancel: CancelToken) -> Iterator[Event]:
        return self._remote.stream(f"{__name__}:run_analysis", request, cancel=cancel)

    def warm_up(self) -> None:
        """Has the process import what the first analysis will need; does not wait for it."""
        self._remote.call(f"{__name__}:import_engine", cancel=CancelToken())

    def self_test(self, request: AnalysisRequest, *, cancel: CancelToken) -> SelfTest:
        """The self-test of the checkpoint that would answer ``request``, run if it is due.

        Raises:
            RemoteError: with the code ``SelfTestError`` where it does not pass.
            Cancelled: at once; the process follows.
        """
        outcome: SelfTest = self._remote.call(f"{__name__}:run_self_test", request, cancel=cancel)
        return outcome

    def close(self) -> None:
        self._remote.close()


# --- that side


_importing: threading.Thread | None = None
"""The one in which ``import_engine`` works."""


@functools.cache
def _assurance() -> Assurance:
    from deepfake_desktop.core.assurance import Assurance

    return Assurance()


def run_analysis(request: AnalysisRequest, *, cancel: CancelToken) -> Iterator[Event]:
    return _assurance().analyze(request, cancel=cancel)


def run_self_test(request: AnalysisRequest, *, cancel: CancelToken) -> SelfTest:
    """Waits for the imports first: they could not be cancelled."""
    while _importing is not None and _importing.is_alive():
        _importing.join(_POLL_S)
        cancel.raise_if_cancelled()
    return _assurance().prepare(request, cancel=cancel)


def import_engine(*, cancel: CancelToken) -> None:
    """Imports what an analysis needs, on a thread: an analysis may start meanwhile."""
    names = ("deepfake_desktop.core.analysis", "dlib", "deepfake_desktop.core.network")

    def work() -> None:
        for name in names:
            importlib.import_module(name)

    global _importing
    _importing = threading.Thread(target=work, name="import", daemon=True)
    _importing.start()


def _serve(down: Connection, up: Connection) -> None:
    """The process: answers calls until the pipe from above closes."""
    step_behind_the_window()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the window to handle
    calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
    tokens: dict[int, CancelToken] = {}

    def listen() -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                message = down.recv()
                if isinstance(message, _Cancel):
                    if message.id in tokens:
                        tokens[message.id].cancel()
                else:
                    tokens[message.id] = CancelToken()
                    calls.put(message)
        # The window is gone. Nothing here writes anything worth keeping, so what does not end by
        # itself soon ends with the process.
        for token in list(tokens.values()):
            token.cancel()
        calls.put(None)
        over.wait(_PATIENCE_S)
        os._exit(0)

    over = threading.Event()
    threading.Thread(target=listen, name="listen", daemon=True).start()
    with contextlib.suppress(BrokenPipeError, OSError):
        while (call := calls.get()) is not None:
            up.send(_answer(call, tokens[call.id], up))
            del tokens[call.id]
    over.set()


def _answer(call: _Call, cancel: CancelToken, up: Connection) -> _Ended:
    """Runs a call, sends what it yields, and says how it ended."""
    try:
        cancel.raise_if_cancelled()
        module, _, name = call.target.partition(":")
        result = getattr(importlib.import_module(module), name)(*call.arguments, cancel=cancel)
        if not isinstance(result, Iterator):
            result = iter((result,))
        closing: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        if isinstance(result, Generator):
            closing = contextlib.closing(result)
        with closing:
            for value in result:
                cancel.raise_if_cancelled()
                up.send(_Item(call.id, value))
    except Cancelled:
        return _Ended(call.id, cancelled=True)
    except (BrokenPipeError, ConnectionError):
        raise
    except Exception as error:  # carried over: the other side shows it
        return _Ended(call.id, failure=Failure.of(error))
    return _Ended(call.id)
