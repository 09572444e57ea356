"""Markup that cannot be broken by what is put in."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from pithead.rpc.markup import Html, html, joined, prose, tag

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=20)


@given(texts, texts, texts)
def test_text_and_attributes_come_out_as_they_went_in(text, value, other):
    element = ElementTree.fromstring(tag("p", text, tag("b", other), title=value))
    assert "".join(element.itertext()) == text + other
    assert element.attrib == {"title": value}


def test_markup_stays_and_all_else_is_escaped_once():
    assert html(html("a < b")) == "a &lt; b"
    assert joined("<", Html("<br/>"), 1, by="&") == "&lt;&amp;<br/>&amp;1"


def test_attributes_may_have_names_that_python_keeps_for_itself():
    assert tag("a", class_="x", aria_label="y") == '<a class="x" aria-label="y"></a>'


def test_words_between_backticks_are_code():
    assert prose("Say `a<b` or `c`.") == ("Say <code>a&lt;b</code> or <code>c</code>.")
    assert prose("one ` alone") == "one ` alone"
