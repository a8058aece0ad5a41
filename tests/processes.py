"""`gongji run --headless` and `gongji sandbox` as processes, to talk to and to kill.

A `Nest` starts them quickly: forked from a process that has imported everything and done nothing.
A forked till is a process of its own, with its own pid, pipes and end; only the second that Python
takes to import the program is saved.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

from terminal.cli import main as gongji

LATENCY_SECONDS = 0.03
"""At the sandbox, so that most kills fall while something is under way."""
LINE_BYTES_MAX = 64 * 1024
SECONDS_MAX = 40.0

Line = dict[str, Any]
"""One line of the till's stdout."""


class TillEnded(AssertionError):
    """The till ended by itself; the message is what it said last on stderr."""


class TillProcess:
    """One life of the till."""

    def __init__(
        self,
        platform: str,
        profile: Path,
        journal: Path,
        after_restart: str,
        *more: str,
        nest: Nest | None = None,
    ) -> None:
        """nest  where to fork it from; None: a new Python"""
        words = [
            *("run", "--headless", "--platform", platform, "--profile", str(profile)),
            *("--journal", str(journal), "--after-restart", after_restart),
            *more,
        ]
        self._process = nest.start(words) if nest else _python(words)
        self._lines: Queue[Line | None] = Queue()
        self.last: Line = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with contextlib.suppress(json.JSONDecodeError):
                self._lines.put(json.loads(line))
        self._lines.put(None)

    def say(self, **command: object) -> None:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()

    def lines(self, until: float) -> Iterator[Line]:
        """What it says until that time, monotonic.  Raises TillEnded."""
        while (seconds := until - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=seconds)
            except Empty:
                return
            if line is None:
                raise TillEnded(self.error())
            self.last = line
            yield line

    def until(self, wanted: Callable[[Line], bool]) -> Line:
        """The first line that fits.  Raises TillEnded, AssertionError where it is too slow."""
        for line in self.lines(time.monotonic() + SECONDS_MAX):
            if wanted(line):
                return line
        raise AssertionError(f"no answer in {SECONDS_MAX} s; last was {self.last}")

    def error(self) -> str:
        """What a till that has ended, or is about to, said to people."""
        self._process.wait()
        assert self._process.stderr
        told = self._process.stderr.read()[-2000:]
        self._close()
        return told

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)

    def kill(self) -> str:
        """What it had said to people: nothing, unless it had ended by itself before."""
        with contextlib.suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        return self.error()

    def end(self) -> int:
        """Closes stdin: the till finishes what it is doing and ends."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        code = self._process.wait(SECONDS_MAX)
        self._close()
        return code

    def _close(self) -> None:
        self._process.wait()
        self._reader.join(SECONDS_MAX)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


@contextmanager
def sandbox(*more: str, nest: Nest | None = None) -> Iterator[str]:
    """A sandbox on a port of its own; its address.

    more  further options of `gongji sandbox`
    """
    words = ["sandbox", "--port", "0", "--latency", str(LATENCY_SECONDS), *more]
    process = nest.start(words) if nest else _python(words)
    try:
        assert process.stdout
        yield json.loads(process.stdout.readline())["sandbox"]
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(SECONDS_MAX)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


def _python(words: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "terminal.cli", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Forked:
    """As much of `subprocess.Popen` as the campaign uses."""

    def __init__(self, nest: Nest, pid: int, stdin: int, stdout: int, stderr: int) -> None:
        self._nest, self.pid = nest, pid
        self.stdin: IO[str] | None = os.fdopen(stdin, "w", encoding="utf-8")
        self.stdout: IO[str] | None = os.fdopen(stdout, encoding="utf-8")
        self.stderr: IO[str] | None = os.fdopen(stderr, encoding="utf-8")
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; negative for a signal.  Raises TimeoutExpired."""
        if self._code is None:
            seconds = SECONDS_MAX if timeout is None else timeout
            code = self._nest.ask({"wait": self.pid, "seconds": seconds})
            if code is None:
                raise subprocess.TimeoutExpired("gongji", seconds)
            self._code = int(code)
        return self._code


class Nest:
    """The process that tills are forked from.

    On its socket: a JSON line out for each line in, and beside the line that starts a process the
    three pipes of that process.
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.processes", str(number)], pass_fds=[number]
            )
        self._socket = ours
        self._answers = ours.makefile("r", encoding="utf-8")

    def start(self, words: Sequence[str]) -> Forked:
        """`gongji` with these arguments."""
        pipes = [os.pipe() for _ in range(3)]
        (stdin_read, stdin_write), (stdout_read, stdout_write), (stderr_read, stderr_write) = pipes
        theirs = [stdin_read, stdout_write, stderr_write]
        pid = self.ask({"start": list(words)}, theirs)
        for number in theirs:
            os.close(number)
        return Forked(self, pid, stdin_write, stdout_read, stderr_read)

    def ask(self, question: dict[str, Any], files: Sequence[int] = ()) -> Any:
        line = json.dumps(question).encode() + b"\n"
        assert len(line) < LINE_BYTES_MAX
        socket.send_fds(self._socket, [line], files)
        return json.loads(self._answers.readline())

    def close(self) -> None:
        self._answers.close()
        self._socket.close()
        self._process.wait(SECONDS_MAX)

    def __enter__(self) -> Nest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _serve(channel: socket.socket) -> tuple[list[str], list[int]] | None:
    """Answers until the other side is gone, then None.  In a new process: what it is to be."""
    while True:
        line, files, *_ = socket.recv_fds(channel, LINE_BYTES_MAX, 3)
        if not line:
            return None
        question = json.loads(line)
        if "start" in question:
            pid = os.fork()
            if pid == 0:
                channel.close()
                return question["start"], files
            for number in files:
                os.close(number)
            answer: int | None = pid
        else:
            answer = _ended(question["wait"], question["seconds"])
        channel.sendall(json.dumps(answer).encode() + b"\n")


def _ended(pid: int, seconds: float) -> int | None:
    """The exit code; None: it still runs after so long."""
    handle = os.pidfd_open(pid)
    try:
        readable, _, _ = select.select([handle], [], [], seconds)
    finally:
        os.close(handle)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if readable else None


def main() -> int:
    # What is imported here is shared by every process started from here.
    for verb in ("run", "sandbox"):
        import_module(f"terminal.cli.{verb}")
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wanted = _serve(socket.socket(fileno=int(sys.argv[1])))
    if wanted is None:
        return 0
    words, files = wanted
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    code = gongji(words)
    # The program has ended; what Python would tidy up now is of no interest and takes a while.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
