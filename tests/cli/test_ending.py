"""A process ends when it is told to, or when a part of it fails; never in the middle of a start."""

import asyncio
import os
import signal

import pytest

from pithead.cli.ending import told_to_stop, until_told_or_failed


async def last():
    await asyncio.Event().wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_during_the_start_is_there_when_the_start_is_over(number):
    with told_to_stop() as told:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(told.wait(), 5)
        await asyncio.wait_for(until_told_or_failed(told, last()), 5)


async def test_the_second_signal_has_its_usual_effect():
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with told_to_stop() as told:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(told.wait(), 5)
            assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_afterwards_signals_are_as_they_were():
    with told_to_stop() as told:
        assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert not told.is_set()


async def test_a_part_that_fails_ends_the_waiting_with_its_error():
    async def fail():
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        await asyncio.wait_for(until_told_or_failed(asyncio.Event(), last(), fail()), 5)
