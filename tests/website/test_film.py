"""A recorded session is drawn as it was shown."""

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from website.film import draw, read
from website.screen import Run, Screen

SVG = "{http://www.w3.org/2000/svg}"
IMAGES = "docs/images"


def shown(text, columns=20, rows=3):
    screen = Screen(columns, rows)
    screen.feed(text)
    return ["".join(run.text for run in row) for row in screen.rows()]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("one\r\ntwo", ["one", "two", ""]),
        ("one\rO", ["One", "", ""]),
        ("a\r\nb\r\nc\r\nd", ["b", "c", "d"]),
        ("x" * 21, ["x" * 20, "x", ""]),
        ("one\r\ntwo\x1b[1A\r\x1b[2Kthree", ["three", "two", ""]),
        ("one two\b\b\b\x1b[K", ["one", "", ""]),
        ("one\x1b[2J\x1b[Htwo", ["two", "", ""]),
        ("\x1b[?2004h\x1b]0;title\x07\x1b[?25lone", ["one", "", ""]),
    ],
)
def test_a_screen_is_what_a_terminal_would_show(text, rows):
    assert shown(text) == rows


def test_looks_are_kept_in_runs():
    screen = Screen(20, 1)
    screen.feed("a \x1b[1;32mbc\x1b[0m  \x1b[36md\x1b[39me")
    assert screen.rows() == (
        (Run(0, "a", ""), Run(2, "bc", "green bold"), Run(6, "d", "cyan"), Run(7, "e", "")),
    )


@given(st.text(alphabet=st.sampled_from("\x1b[]0123456789;?AHJKmhl\r\n\b\x07()ab é│"), max_size=80))
def test_no_text_upsets_a_screen(text):
    assert len(shown(text)) == 3


def cast(*events, limit=2.0):
    head = {"version": 2, "width": 20, "height": 3, "title": "<a & b>", "idle_time_limit": limit}
    return [json.dumps(head), *(json.dumps(event) for event in events)]


def test_each_screen_is_a_frame_and_long_waits_are_short():
    film = read(cast([0, "o", "a"], [0.05, "o", "b"], [60, "o", "\r\n<c>"], [60, "m", "still"]))
    assert [frame.begins for frame in film.frames] == [0, 2.05]
    assert film.frames[0].rows[0] == (Run(0, "ab", ""),)
    assert film.still == 1


def test_the_picture_has_every_row_once_and_needs_nothing_else():
    film = read(cast([0, "o", "same"], [1, "o", "\r\n<b>"], [2, "o", "\x1b[32m&"]))
    text = draw(film)
    tree = ElementTree.fromstring(text)
    (defs,) = tree.iter(f"{SVG}defs")
    assert ["".join(each.itertext()) for each in defs] == ["same", "<b>", "<b>&"]
    used = [each.get("href") for each in tree.iter(f"{SVG}use")]
    assert used == ["#r0", "#r0", "#r1", "#r0", "#r2"]
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_picture_of_the_first_session_is_the_one_of_its_recording(pytestconfig):
    images = pytestconfig.rootpath / IMAGES
    lines = (images / "start.cast").read_text().splitlines()
    picture = (images / "start.svg").read_text()
    assert picture == draw(read(lines))
    assert len(picture.encode()) < 300_000
