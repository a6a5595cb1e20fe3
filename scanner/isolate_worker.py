"""The worker's side of `scanner.isolate`: reads jobs from standard input, runs them under limits, writes replies.

Started as `python -P -c START ROOM...`, so that this module has its own name on both sides, as pickle wants; only
functions of modules in these rooms are called. It ends when its standard input does, so it never outlives the run
that started it.
"""

import contextlib
import enum
import importlib
import math
import os
import pickle
import resource
import signal
import struct
from collections.abc import Callable
from typing import NamedTuple

from scanner.errors import LeadlineError

HEADER = struct.Struct(">Q")
"""What goes before each pickle, both ways: its length in bytes."""

START = "import sys; from scanner.isolate_worker import main; main(tuple(sys.argv[1:]))"
"""The program of the worker's interpreter."""

_MIB = 1024 * 1024


class Job(NamedTuple):
    """A function to call, by module and qualified name, and the limits to call it under."""

    module: str
    qualname: str
    args: tuple[object, ...]
    seconds: float
    memory_mib: int


class Ended(enum.Enum):
    """How a job ended."""

    VALUE = enum.auto()  # payload: what the function returned
    FAULT = enum.auto()  # payload: the LeadlineError that it raised
    BUG = enum.auto()  # payload: in words, what else it raised
    MEMORY = enum.auto()  # payload: None
    READY = enum.auto()  # payload: None; sent once, when the worker has started


class Reply(NamedTuple):
    """What comes back."""

    ended: Ended
    payload: object


def in_rooms(module: str, rooms: tuple[str, ...]) -> bool:
    """Whether a module is one of `rooms` or lies inside one."""
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def perform(job: Job, rooms: tuple[str, ...]) -> Reply:
    """Calls the job's function under the job's limits."""
    _limit(job)
    try:
        return Reply(Ended.VALUE, _function(job, rooms)(*job.args))
    except LeadlineError as fault:
        return Reply(Ended.FAULT, fault)
    except MemoryError:
        return Reply(Ended.MEMORY, None)
    except Exception as error:
        return Reply(Ended.BUG, f"{type(error).__name__}: {error}")


def _function(job: Job, rooms: tuple[str, ...]) -> Callable[..., object]:
    if not in_rooms(job.module, rooms):
        raise ValueError(f"{job.module} is not in {rooms}")
    found: object = importlib.import_module(job.module)
    for name in job.qualname.split("."):
        found = getattr(found, name)
    if not callable(found):
        raise TypeError(f"{job.module}.{job.qualname} cannot be called")
    return found


def _limit(job: Job) -> None:
    """Sets the soft limits of this job: CPU seconds from now, and address space. Platforms may lack one."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = math.ceil(usage.ru_utime + usage.ru_stime + job.seconds) + 1
    for kind, soft in ((resource.RLIMIT_CPU, cpu), (resource.RLIMIT_AS, job.memory_mib * _MIB)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (soft, resource.getrlimit(kind)[1]))


def main(rooms: tuple[str, ...]) -> None:
    """Serves jobs until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it ends us by closing the pipe
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a print inside a job must not break the frames
    _write(sink.fileno(), pickle.dumps(Reply(Ended.READY, None)))
    while header := source.read(HEADER.size):
        job = pickle.loads(source.read(*HEADER.unpack(header)))  # noqa: S301 - written by our own parent
        _write(sink.fileno(), _pickled(perform(job, rooms)))


def _pickled(reply: Reply) -> bytes:
    try:
        return pickle.dumps(reply)
    except Exception as error:
        return pickle.dumps(Reply(Ended.BUG, f"its result cannot be handed over ({type(error).__name__})"))


def _write(sink: int, payload: bytes) -> None:
    view = memoryview(HEADER.pack(len(payload)) + payload)
    while view:
        view = view[os.write(sink, view) :]
