import os
import time

from bench.measure import alternate_together, processor_seconds


def test_readings_of_one_run_are_told_apart_by_name():
    runs = {"a": iter([1.0, 3.0]), "b": iter([2.0, 4.0])}
    order = []

    def measure(name):
        order.append(name)
        value = next(runs[name])
        return {"rate": value, "cost": 1 / value}

    results = alternate_together({"a": lambda: measure("a"), "b": lambda: measure("b")}, 2)
    assert order == ["a", "b", "a", "b"]
    assert [(each.name, each.readings) for each in results["rate"]] == [
        ("a", (1.0, 3.0)),
        ("b", (2.0, 4.0)),
    ]
    assert results["cost"][1].readings == (0.5, 0.25)


def test_the_processor_time_of_a_process_is_what_the_process_itself_is_told():
    while time.process_time() < 0.1:
        pass
    before = time.process_time()
    counted = processor_seconds(os.getpid())
    tick = 1 / os.sysconf("SC_CLK_TCK")
    assert before - 2 * tick <= counted <= time.process_time() + 2 * tick
