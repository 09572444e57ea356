"""The frame of the pages."""

from importlib.resources import files

import pytest

from pithead.dashboard.shell import Link, page


@pytest.fixture
def fragment(monkeypatch):
    monkeypatch.setattr("pithead.dashboard.shell._fragment", lambda name: f"<h1>{name}</h1>")


def test_the_page_one_is_at_is_marked_in_the_navigation(fragment):
    made = page("a", "b", [Link("/", "Pool"), Link("/me", "Account")], "/me", "x.html", "x.js")
    assert b'<a href="/me" aria-current="page">Account</a>' in made
    assert made.count(b"aria-current") == 1
    assert b"<h1>x.html</h1>" in made


def test_what_is_not_markup_is_escaped(fragment):
    made = page("a<b", "c&d", [Link("/", "<Pool>")], "/", "x.html", "x.js", "<footer>")
    assert b"<title>a&lt;b</title>" in made
    assert b"c&amp;d" in made
    assert b"&lt;Pool&gt;" in made
    assert b"<footer>&lt;footer&gt;" in made


def test_no_fragment_and_no_frame_has_script_or_style_within(fragment):
    frame = page("a", "b", [], "/", "x.html", "x.js").decode()
    texts = [each.read_text() for each in (files("pithead.dashboard") / "fragments").iterdir()]
    for text in (frame, *texts):
        assert "style=" not in text
        assert "<style" not in text
        assert " onclick" not in text
        assert text.count("<script") == text.count('src="/static/') - text.count('<img src="/stat')
