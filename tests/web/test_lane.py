from __future__ import annotations

import asyncio
import threading

import pytest

from firth.web.lane import FullError, Lane


def run(test):
    """Run a test that gets a lane of two places, inside an event loop."""

    async def main():
        lane = Lane("test", 2)
        try:
            await asyncio.wait_for(test(lane), 20)
        finally:
            lane.close()

    asyncio.run(main())


def held(event):
    """Work that lasts until an event is set, and can be given up."""

    def work(ticket):
        while not event.wait(0.005):
            ticket.check()
        return "held"

    return work


def test_each_waiting_one_knows_its_place():
    async def test(lane):
        go = threading.Event()
        first = lane.submit(held(go))
        while first.status.state == "waiting":
            await asyncio.sleep(0.001)
        second, third = lane.submit(lambda ticket: 2), lane.submit(lambda ticket: 3)
        assert (second.status.place, third.status.place) == (1, 2)
        with pytest.raises(FullError):
            lane.submit(lambda ticket: 4)
        seen = []

        async def watch():
            async for status in third.changes():
                seen.append((status.state, status.place))

        watching = asyncio.create_task(watch())
        await asyncio.sleep(0.01)
        second.cancel()
        await asyncio.sleep(0.05)
        assert second.status.state == "cancelled"
        assert third.status.place == 1
        go.set()
        await watching
        assert (await first.over()).state == "done"
        assert (first.result, third.result) == ("held", 3)
        assert seen[:2] == [("waiting", 2), ("waiting", 1)]
        assert seen[-1] == ("done", 0)

    run(test)


def test_work_that_is_given_up_stops_at_its_next_step():
    async def test(lane):
        never = threading.Event()
        ticket = lane.submit(held(never))
        while ticket.status.state != "working":
            await asyncio.sleep(0.001)
        ticket.cancel()
        assert (await ticket.over()).state == "cancelled"
        after = lane.submit(lambda ticket: "next")
        await after.over()
        assert after.result == "next"

    run(test)


def test_steps_are_told_and_errors_kept():
    async def test(lane):
        def work(ticket):
            ticket.expect(3)
            ticket.step(2)
            raise ValueError("no")

        ticket = lane.submit(work)
        status = await ticket.over()
        assert (status.state, status.done, status.total) == ("failed", 2, 3)
        assert isinstance(ticket.error, ValueError)

    run(test)


def test_a_closed_lane_gives_everything_up():
    async def test(lane):
        never = threading.Event()
        first, second = lane.submit(held(never)), lane.submit(held(never))
        await asyncio.to_thread(lane.close)
        assert (await first.over()).state == "cancelled"
        assert (await second.over()).state == "cancelled"
        with pytest.raises(FullError):
            lane.submit(held(never))

    run(test)
