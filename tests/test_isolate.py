"""The worker process: whatever happens in it, the caller gets an answer in time and nothing is left behind."""

import asyncio
import ctypes
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner import isolate
from scanner.errors import AlertReceived, Malformed, OwnFault, TooMuch, Truncated
from scanner.isolate import Workers
from scanner.isolate_worker import HEADER, START, Ended, Job
from scanner.model.outcome import Outcome, Stage
from scanner.wire.x509_view import read_certificate

# What the workers of these tests are asked to do; they import this module, as `scanner.` functions are imported.


def double(number: int) -> int:
    return number * 2


def process_id() -> int:
    return os.getpid()


def environment() -> dict[str, str]:
    return dict(os.environ)


def chatter() -> str:
    print("to standard output")  # must not break the frames
    return "said"


def loop_for_ever() -> None:
    while True:
        pass


def sleep_for_ever() -> None:
    time.sleep(3600)


def give_sign_and_sleep(path: str) -> None:
    Path(path).write_text("running")
    sleep_for_ever()


def sleep_briefly(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def dereference_null() -> str:
    return str(ctypes.string_at(0))


def kill_itself(number: int) -> None:
    os.kill(os.getpid(), number)


def hog_memory() -> int:
    return sum(len(piece) for piece in [bytearray(64 * 1024 * 1024) for _ in range(64)])


def break_grammar() -> None:
    raise Truncated(7, stage=Stage.PARSE)


def receive_alert() -> None:
    raise AlertReceived(40, stage=Stage.SERVER_HELLO)


def divide_by_zero() -> float:
    return 1 / 0


def unpicklable() -> object:
    return lambda: None


def big(size: int) -> bytes:
    return bytes(size)


def size_of(data: bytes) -> int:
    return len(data)


@pytest.fixture
def workers() -> Iterator[Workers]:
    pool = Workers(rooms=(__name__,))
    yield pool
    pool.close()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_a_result_comes_back_and_the_worker_is_reused(workers: Workers) -> None:
    assert await workers.run(double, 21) == 42
    assert await workers.run(process_id) == await workers.run(process_id) != os.getpid()


async def test_large_arguments_and_results_pass(workers: Workers) -> None:
    assert await workers.run(size_of, bytes(3_000_000)) == 3_000_000
    assert len(await workers.run(big, 3_000_000)) == 3_000_000


async def test_what_a_job_prints_is_no_reply(workers: Workers) -> None:
    assert await workers.run(chatter) == "said"
    assert await workers.run(double, 2) == 4


async def test_the_worker_has_none_of_our_secrets(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_TOKEN", "secret")
    assert "LEADLINE_TOKEN" not in await workers.run(environment)


async def test_faults_come_back_as_themselves(workers: Workers) -> None:
    with pytest.raises(Truncated) as truncated:
        await workers.run(break_grammar)
    assert (truncated.value.missing, truncated.value.stage) == (7, Stage.PARSE)
    with pytest.raises(AlertReceived) as alert:
        await workers.run(receive_alert)
    assert (alert.value.number, alert.value.stage, alert.value.detail) == (40, Stage.SERVER_HELLO, "alert 40")
    assert issubclass(Truncated, Malformed)


@pytest.mark.parametrize("function", [divide_by_zero, unpicklable])
async def test_anything_else_that_it_raises_is_our_own_fault(workers: Workers, function: object) -> None:
    assert callable(function)
    pid = await workers.run(process_id)
    with pytest.raises(OwnFault) as own:
        await workers.run(function)
    assert own.value.outcome is Outcome.INTERNAL_ERROR
    assert await workers.run(process_id) == pid  # a bug of ours is no reason to start anew


@pytest.mark.parametrize("function", [loop_for_ever, sleep_for_ever])
async def test_an_overrun_is_killed_in_time_and_replaced(workers: Workers, function: object) -> None:
    assert callable(function)
    pid = await workers.run(process_id)
    begun = time.monotonic()
    with pytest.raises(TooMuch, match=r"more than 0\.3 s"):
        await workers.run(function, seconds=0.3)
    assert time.monotonic() - begun < 8
    assert gone(pid)
    assert await workers.run(double, 4) == 8


@pytest.mark.parametrize(
    ("function", "args"),
    [(dereference_null, ()), (kill_itself, (signal.SIGSEGV,)), (kill_itself, (signal.SIGKILL,))],
    ids=["null pointer", "SIGSEGV", "SIGKILL"],
)
async def test_a_crash_is_our_own_fault_and_the_next_call_works(
    workers: Workers, function: object, args: tuple[object, ...]
) -> None:
    assert callable(function)
    with pytest.raises(OwnFault, match="the worker died") as own:
        await workers.run(function, *args)
    assert own.value.outcome is Outcome.INTERNAL_ERROR
    assert await workers.run(double, 4) == 8


async def test_the_cpu_limit_counts_as_an_overrun(workers: Workers) -> None:
    with pytest.raises(TooMuch):
        await workers.run(kill_itself, signal.SIGXCPU)


async def test_a_memory_hog_is_stopped(workers: Workers) -> None:
    pid = await workers.run(process_id)
    with pytest.raises(TooMuch, match="256 MiB"):
        await workers.run(hog_memory, memory_mib=256)
    assert gone(pid)
    assert await workers.run(double, 4) == 8


async def test_a_cancelled_call_leaves_no_process(workers: Workers, tmp_path: Path) -> None:
    pid = await workers.run(process_id)
    sign = tmp_path / "sign"
    os.mkfifo(sign)
    call = asyncio.create_task(workers.run(give_sign_and_sleep, str(sign)))
    assert await asyncio.to_thread(sign.read_text) == "running"
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert gone(pid)
    assert await workers.run(double, 4) == 8


async def test_a_call_cancelled_while_its_worker_starts_leaves_none(workers: Workers) -> None:
    call = asyncio.create_task(workers.run(double, 1))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await workers.run(double, 4) == 8


async def test_a_worker_that_died_while_idle_is_replaced(workers: Workers) -> None:
    pid = await workers.run(process_id)
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert await workers.run(double, 4) == 8


async def test_calls_run_side_by_side_on_few_workers(workers: Workers) -> None:
    pids = await asyncio.gather(*(workers.run(sleep_briefly, 0.02) for _ in range(8)))
    assert len(set(pids)) == 2


async def test_one_crash_does_not_touch_the_other_calls(workers: Workers) -> None:
    results = await asyncio.gather(
        *(workers.run(double, number) for number in range(6)),
        workers.run(dereference_null),
        workers.run(loop_for_ever, seconds=0.3),
        return_exceptions=True,
    )
    assert results[:6] == [0, 2, 4, 6, 8, 10]
    assert [type(one) for one in results[6:]] == [OwnFault, TooMuch]


async def test_functions_of_other_rooms_are_refused() -> None:
    with pytest.raises(ValueError, match="is not in"):
        await isolate.run(double, 1)
    with pytest.raises(ValueError, match="is not in"):
        await isolate.run(os.getcwd)


def test_the_worker_refuses_them_too() -> None:
    job = pickle.dumps(Job("os", "getcwd", (), 5.0, 256))
    done = subprocess.run(
        [sys.executable, "-c", START, "scanner"],
        input=HEADER.pack(len(job)) + job,
        stdout=subprocess.PIPE,
        timeout=30,
        check=True,
    )
    replies = []
    rest = done.stdout
    while rest:
        (size,) = HEADER.unpack(rest[: HEADER.size])
        replies.append(pickle.loads(rest[HEADER.size :][:size]))
        rest = rest[HEADER.size + size :]
    assert [reply.ended for reply in replies] == [Ended.READY, Ended.BUG]


async def test_real_work_gives_the_same_there_as_here() -> None:
    assert await isolate.run(read_certificate, b"no certificate") == read_certificate(b"no certificate")


def test_loops_come_and_go_and_nothing_is_left(workers: Workers) -> None:
    pids = {asyncio.run(workers.run(process_id)) for _ in range(2)}
    assert len(pids) == 1
    workers.close()
    assert gone(pids.pop())


def test_a_program_that_used_it_ends_quietly(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import asyncio
        from scanner import isolate
        from scanner.wire.x509_view import read_certificate
        print(asyncio.run(isolate.run(read_certificate, b"")).size)
    """)
    # A file that would be imported if the working directory came first on the worker's path.
    (tmp_path / "pickle.py").write_text("raise SystemExit('imported from the working directory')")
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")
