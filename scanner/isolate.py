"""The worker process: native code on hostile input runs where it can be killed.

An endless loop, a crash or a memory hog in a parser that we did not write costs one worker and one answer, never the
run. Workers start when first needed, are reused, and are killed and replaced after an overrun, a crash or a cancelled
call. Both sides are this program: what passes between them is pickled, and only functions of this program are called.
The worker's own side is `scanner.isolate_worker`.
"""

import asyncio
import atexit
import contextlib
import os
import pickle
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable
from typing import TypeVar, cast

from scanner.errors import Exhausted, LeadlineError, OwnFault, TooMuch
from scanner.isolate_worker import HEADER, START, Ended, Job, Reply, in_rooms
from scanner.model.outcome import Stage

T = TypeVar("T")

DEFAULT_SECONDS = 5.0
"""Wall-clock seconds that one call may take."""

DEFAULT_MEMORY_MIB = 512
"""Address space of a worker, in MiB."""

START_SECONDS = 10.0
"""Seconds that a worker's interpreter may take to start on a busy machine."""

MAX_WORKERS = 2
"""Workers at a time; further calls wait for one."""

_PIPE_BYTES = 64 * 1024
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
"""What a worker gets of our environment: no secrets."""


class Workers:
    """A few worker processes, which run functions of modules in `rooms`.

    They belong to no event loop: one that a loop has left idle serves the next.
    """

    def __init__(self, rooms: tuple[str, ...] = ("scanner",), *, limit: int = MAX_WORKERS) -> None:
        self._rooms = rooms
        self._limit = limit
        self._idle: list[_Worker] = []
        self._places: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            weakref.WeakKeyDictionary()
        )

    async def run(
        self,
        function: Callable[..., T],
        *args: object,
        seconds: float = DEFAULT_SECONDS,
        memory_mib: int = DEFAULT_MEMORY_MIB,
    ) -> T:
        """What `function(*args)` returns in a worker process. Faults and limits as in `scanner.isolate.run`."""
        if not in_rooms(function.__module__, self._rooms):
            raise ValueError(f"{function.__module__} is not in {self._rooms}")
        job = Job(function.__module__, function.__qualname__, args, seconds, memory_mib)
        async with self._place():
            worker = await self._worker()
            try:
                reply = await worker.ask(job)
            except BaseException:
                worker.kill()
                raise
            if reply.ended is Ended.MEMORY:
                worker.kill()
                raise TooMuch(f"reading it took more than {memory_mib} MiB of memory", stage=Stage.PARSE)
            self._idle.append(worker)
        return cast("T", _value(reply, job))

    def close(self) -> None:
        """Ends all idle workers; further calls start new ones."""
        while self._idle:
            self._idle.pop().kill()

    def _place(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        return self._places.setdefault(loop, asyncio.Semaphore(self._limit))

    async def _worker(self) -> "_Worker":
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive():
                return worker
            worker.kill()
        worker = _Worker(self._rooms)
        try:
            await worker.started()
        except BaseException:
            worker.kill()
            raise
        return worker


def _value(reply: Reply, job: Job) -> object:
    if reply.ended is Ended.FAULT and isinstance(reply.payload, LeadlineError):
        raise reply.payload
    if reply.ended is not Ended.VALUE:
        raise OwnFault(f"{job.module}.{job.qualname} failed: {reply.payload}", stage=Stage.PARSE)
    return reply.payload


class _Worker:
    """One process, and the two pipes to it."""

    def __init__(self, rooms: tuple[str, ...]) -> None:
        environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        # The worker must import this very program; -P keeps what lies in the working directory out.
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if os.path.isabs(path))  # noqa: PTH117
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", START, *rooms],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,  # Ctrl-C in the terminal is not for it
                env=environment,
            )
        except OSError as error:
            raise Exhausted(f"no worker can be started: {error.strerror}", stage=Stage.PARSE) from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)

    async def started(self) -> None:
        """Waits until it can take a job. Raises `OwnFault` where it cannot."""
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._reply()
        except TimeoutError:
            raise OwnFault(f"the worker did not start in {START_SECONDS:g} s", stage=Stage.PARSE) from None

    async def ask(self, job: Job) -> Reply:
        """The reply to one job. Raises `TooMuch` when it overruns, `OwnFault` when the worker dies."""
        try:
            async with asyncio.timeout(job.seconds):
                await self._send(pickle.dumps(job))
                return await self._reply()
        except TimeoutError:
            raise self._overrun(job) from None
        except OwnFault:
            if self._process.returncode == -signal.SIGXCPU:
                raise self._overrun(job) from None
            raise

    @staticmethod
    def _overrun(job: Job) -> TooMuch:
        return TooMuch(f"reading it took more than {job.seconds:g} s", stage=Stage.PARSE)

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Ends the process, reaps it and closes the pipes. May be called again."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    async def _send(self, payload: bytes) -> None:
        view = memoryview(HEADER.pack(len(payload)) + payload)
        pipe = self._stdin.fileno()
        while view:
            try:
                view = view[os.write(pipe, view[:_PIPE_BYTES]) :]
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await _ready(pipe, loop.add_writer, loop.remove_writer)
            except OSError:
                raise self._death() from None

    async def _reply(self) -> Reply:
        (size,) = HEADER.unpack(await self._receive(HEADER.size))
        reply = pickle.loads(await self._receive(size))  # noqa: S301 - written by our own worker
        assert isinstance(reply, Reply)
        return reply

    async def _receive(self, count: int) -> bytes:
        pipe = self._stdout.fileno()
        received = bytearray()
        while len(received) < count:
            try:
                piece = os.read(pipe, min(count - len(received), _PIPE_BYTES))
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await _ready(pipe, loop.add_reader, loop.remove_reader)
                continue
            if not piece:
                raise self._death()
            received += piece
        return bytes(received)

    def _death(self) -> OwnFault:
        self.kill()
        return OwnFault(f"the worker died (status {self._process.returncode})", stage=Stage.PARSE)


async def _ready(pipe: int, add: Callable[[int, Callable[[], None]], None], remove: Callable[[int], bool]) -> None:
    """Waits until the pipe can be read or written, whichever `add` watches for."""
    event = asyncio.Event()
    add(pipe, event.set)
    try:
        await event.wait()
    finally:
        remove(pipe)


_WORKERS = Workers()
atexit.register(_WORKERS.close)


async def run(
    function: Callable[..., T],
    *args: object,
    seconds: float = DEFAULT_SECONDS,
    memory_mib: int = DEFAULT_MEMORY_MIB,
) -> T:
    """What `function(*args)` returns in a worker process; it must be a module-level function of `scanner`.

    A fault that it raises is raised here. Raises `TooMuch` when it takes longer than `seconds` or more memory than
    `memory_mib`, and `OwnFault` when the worker dies or the function raises anything that is no fault.
    """
    return await _WORKERS.run(function, *args, seconds=seconds, memory_mib=memory_mib)


def close() -> None:
    """Ends all idle workers at once. They start again when needed."""
    _WORKERS.close()
