"""The picture of many machines: sorted, in pages, with those that are away."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pithead.cli.topside import pressed
from pithead.cli.topview import ORDERS, PoolView, View, arranged, frame, pages


def machine(number, **changes):
    usual = {
        "machine": f"m{number:02}", "model": "Antminer S21", "status": "normal",
        "hashrate_ths": 200.0 - number, "power_w": 3500 + number, "efficiency_j_th": 17.5,
        "chip_c": 60.25, "target_w": 3500, "accepted": 10 * number, "rejected": 0,
    }  # fmt: skip
    return {**usual, **changes}


AWAY = {"machine": "away", "error": "cannot be reached\x1b[31m"}


def drawn(pools=(), rows=(), view=None):
    console = Console(file=io.StringIO(), width=160)
    console.print(frame(0.0, list(pools), list(rows), view or View()))
    return console.file.getvalue()


def names(rows, **view):
    return [row["machine"] for row in arranged(rows, View(**view))]


def test_the_most_come_first_and_who_does_not_say_last_either_way():
    rows = [machine(1), AWAY, machine(2), machine(3, hashrate_ths=None)]
    assert names(rows, order="hashrate") == ["m01", "m02", "away", "m03"]
    assert names(rows, order="hashrate", is_reversed=True) == ["m02", "m01", "away", "m03"]
    assert names(rows, order="name") == ["away", "m01", "m02", "m03"]
    assert names(rows, order="power")[0] == "m03"


def test_the_heading_adds_up_those_that_answer():
    picture = drawn(rows=[machine(0), machine(1), AWAY])
    assert "2 of 3 machines answer   399.0 TH/s   7.0 kW   17.5 J/TH" in picture
    assert "cannot be reached" in picture
    assert "\x1b" not in picture
    assert "60.2 °C" in picture


def test_the_efficiency_of_all_is_that_which_machines_tell_not_power_over_minutes_of_hashing():
    young = machine(0, hashrate_ths=20.0, power_w=3000, efficiency_j_th=15.0)
    silent = machine(1, hashrate_ths=None, power_w=100, efficiency_j_th=None)
    assert "20.0 TH/s   3.1 kW   15.0 J/TH" in drawn(rows=[young, silent])
    assert "J/TH" not in drawn(rows=[silent]).splitlines()[1]


def test_a_pool_is_told_as_far_as_it_is_known():
    whole = PoolView("http://p", 1.5e15, 7, 0.9, 0.25, 800, 9, 3)
    picture = drawn([whole, PoolView("http://q", error="did not answer")])
    assert "pool http://p   1.5 PH/s   7 workers   9 connections   height 800" in picture
    assert "3 blocks found   luck 90%   round 25%" in picture
    assert "pool http://q: did not answer" in picture


def test_many_machines_are_in_pages_and_a_page_past_the_end_is_the_last():
    rows = [machine(number) for number in range(25)]
    view = View(page_rows=10)
    assert pages(25, view) == 3
    assert "m00" in drawn(rows=rows, view=view)
    assert "m10" not in drawn(rows=rows, view=view)
    last = drawn(rows=rows, view=View(page_rows=10, page=9))
    assert "m24" in last
    assert "page 3 of 3" in last


def test_keys_turn_pages_and_change_the_order():
    view = View(page_rows=10)
    assert pressed(view, "n", 25).page == 1
    assert pressed(View(page_rows=10, page=2), " ", 25).page == 2
    assert pressed(View(page_rows=10, page=7), "p", 25).page == 1
    assert pressed(view, "p", 25).page == 0
    assert pressed(view, "r", 25).is_reversed
    assert pressed(View(page_rows=10, page=2), "s", 25) == View("status", page_rows=10)
    assert pressed(View(ORDERS[-1]), "s", 1).order == ORDERS[0]


@pytest.mark.parametrize("order", ORDERS)
def test_no_machine_is_lost_by_sorting(order):
    rows = [machine(3), AWAY, machine(1, chip_c=None)]
    assert sorted(names(rows, order=order)) == ["away", "m01", "m03"]


@given(st.text(max_size=12), st.integers(0, 300))
def test_any_keys_leave_a_page_that_is_there(keys, count):
    view = View(page_rows=7)
    for key in keys + "nnpn":
        view = pressed(view, key, count)
        assert 0 <= view.page < pages(count, view)
