"""How many may wait before they have said who they are, and for how long."""

import asyncio

from pithead.pool.gate import Gate, GateSettings


class Transport:
    is_dropped = False

    def abort(self):
        self.is_dropped = True


async def test_one_who_is_through_in_time_is_left_alone():
    gate = Gate(settings=GateSettings(patience_seconds=0.0))
    transport = Transport()
    waiting = gate.wait(transport, "192.0.2.1", "its header")
    assert gate.waiting == 1
    waiting.end()
    await asyncio.sleep(0.01)
    assert (gate.waiting, transport.is_dropped) == (0, False)


async def test_one_who_is_late_is_dropped():
    gate = Gate(settings=GateSettings(patience_seconds=0.0))
    transport = Transport()
    gate.wait(transport, "192.0.2.1", "its header")
    await asyncio.sleep(0.01)
    assert transport.is_dropped


async def test_one_too_many_is_dropped_at_once_and_not_counted():
    gate = Gate(settings=GateSettings(most_waiting=1))
    first, second = Transport(), Transport()
    waiting = gate.wait(first, "192.0.2.1", "its header")
    assert gate.wait(second, "192.0.2.2", "its header") is None
    assert (first.is_dropped, second.is_dropped, gate.waiting) == (False, True, 1)
    waiting.end()


def test_without_a_certificate_no_tls_is_spoken():
    assert Gate().context(0.0) is None
