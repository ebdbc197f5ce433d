"""One piece of work at a time, in the order of asking, each waiting one knowing its place.

A `Lane` has one thread: a model whose hidden states are moved for one question must not answer
another in between, and the products use all cores anyway. A `Ticket` is a question on its way. Work
that nobody waits for any more is taken out of the line, or stops at its next `Ticket.check`.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["waiting", "working", "done", "failed", "cancelled"]
_OVER = ("done", "failed", "cancelled")


class GivenUpError(Exception):
    """Raised inside work that nobody waits for any more."""


class FullError(Exception):
    """As much work waits as may wait."""


@dataclass(frozen=True)
class Status:
    """Where a question is.

    Attributes:
        state: Waiting, working, or how it ended.
        place: How many are ahead, the one that is worked on among them.
        done: Steps of the work that are done.
        total: How many there are, where that is known.
    """

    state: State
    place: int = 0
    done: int = 0
    total: int | None = None


class Ticket:
    """A question on its way through a lane. Made by `Lane.submit`, inside a running event loop."""

    def __init__(self, work: Callable[[Ticket], Any], lane: Lane) -> None:
        self._work, self._lane = work, lane
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._stop = threading.Event()
        self.status = Status("waiting")
        self.result: Any = None
        self.error: BaseException | None = None

    # What the work calls, in the lane's thread.

    def check(self) -> None:
        """Stop the work here if nobody waits for it.

        Raises:
            GivenUpError: Nobody does.
        """
        if self._stop.is_set():
            raise GivenUpError

    def expect(self, total: int) -> None:
        """Say how many steps there are."""
        self._set(Status("working", 0, self.status.done, total))

    def step(self, steps: int = 1) -> None:
        """Say that steps are done; a place to stop at, too."""
        self.check()
        self._set(Status("working", 0, self.status.done + steps, self.status.total))

    # What the one who waits calls, in the event loop.

    def cancel(self) -> None:
        """Give the question up; what is over stays as it is."""
        self._stop.set()
        self._lane.leave(self)

    async def changes(self) -> AsyncIterator[Status]:
        """Yield where the question is, whenever that changes, until it is over."""
        told: Status | None = None
        while told is None or told.state not in _OVER:
            self._changed.clear()
            if self.status != told:
                told = self.status
                yield told
            else:
                await self._changed.wait()

    async def over(self) -> Status:
        """Wait for the end."""
        async for _ in self.changes():
            pass
        return self.status

    # What the lane calls.

    def _set(self, status: Status) -> None:
        if status == self.status:
            return
        self.status = status
        try:
            self._loop.call_soon_threadsafe(self._changed.set)
        except RuntimeError:
            self._stop.set()  # the loop is closed: the server is going down

    def wait_behind(self, place: int) -> None:
        """Stand in line behind so many others."""
        self._set(Status("waiting", place))

    def end(self, state: State) -> None:
        """Be over."""
        self._set(Status(state, 0, self.status.done, self.status.total))

    def run(self) -> None:
        """Do the work, and keep what came of it."""
        self._set(Status("working"))
        try:
            self.check()
            self.result = self._work(self)
        except GivenUpError:
            self.end("cancelled")
        except BaseException as error:  # noqa: BLE001 - told to the one who waits
            self.error = error
            self.end("failed")
        else:
            self.end("cancelled" if self._stop.is_set() else "done")


class Lane:
    """A line of questions and the one thread that answers them.

    Args:
        name: Of the thread.
        waiting: How many may wait.
    """

    def __init__(self, name: str, waiting: int) -> None:
        self.most = waiting
        self._line: deque[Ticket] = deque()
        self._working: Ticket | None = None
        self._closed = False
        self._lock = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"firth-{name}", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Ticket], Any]) -> Ticket:
        """Put work at the end of the line.

        Args:
            work: Gets its ticket; called in the lane's thread.

        Raises:
            FullError: As much waits as may, or the lane is closed.
        """
        with self._lock:
            if self._closed or len(self._line) >= self.most:
                raise FullError
            ticket = Ticket(work, self)
            self._line.append(ticket)
            self._tell()
            self._lock.notify()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Take a ticket out of the line, if it still stands there."""
        with self._lock:
            if ticket in self._line:
                self._line.remove(ticket)
                ticket.end("cancelled")
                self._tell()

    def close(self, seconds: float = 5.0) -> None:
        """Give up everything, and wait for the thread as long as ``seconds``."""
        with self._lock:
            self._closed = True
            left = [*self._line, *([self._working] if self._working else [])]
            self._lock.notify()
        for ticket in left:
            ticket.cancel()
        self._thread.join(seconds)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._line)

    def _tell(self) -> None:
        """Tell each waiting ticket its place: the one that is worked on stands before them."""
        ahead = 1 if self._working is not None else 0
        for place, ticket in enumerate(self._line):
            ticket.wait_behind(place + ahead)

    def _run(self) -> None:
        while True:
            with self._lock:
                self._working = None
                while not self._line and not self._closed:
                    self._lock.wait()
                if self._closed:
                    return
                ticket = self._line.popleft()
                self._working = ticket
                self._tell()
            ticket.run()
            del ticket  # what it holds need not wait for the next one
