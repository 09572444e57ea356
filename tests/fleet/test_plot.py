"""Budget and power drawn are drawn, as SVG and as text."""

from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.fleet.plot import Sample, as_svg, as_text

SVG = "{http://www.w3.org/2000/svg}"


def lines(svg):
    tree = ElementTree.fromstring(svg)
    return [each.get("points").split() for each in tree.iter(f"{SVG}polyline")]


def test_the_budget_is_steps_and_what_is_drawn_a_line():
    svg = as_svg([Sample(0, 9000, 10_000), Sample(60, 8000, 5000), Sample(120, 4000, 5000)])
    budget, drawn = lines(svg)
    assert len(drawn) == 3
    assert budget[0] == "70.0,40.0"
    assert budget[1].split(",")[1] == "40.0"
    assert budget[2].split(",")[1] == "170.0"
    assert "1970-01-01 00:02:00 UTC" in svg
    assert "10 kW" in svg


def test_where_there_is_no_budget_there_is_no_line():
    svg = as_svg([Sample(0, 1, 5), Sample(1, 1, None), Sample(2, 1, 5)])
    assert len(lines(svg)) == 3
    assert len(lines(as_svg([Sample(0, 0.0, None)]))) == 1


def test_text_shows_the_newest_to_the_right_on_one_scale():
    samples = [Sample(n, 1000.0 * n, 4000.0 if n > 1 else None) for n in range(5)]
    assert as_text(samples) == "budget ··███\ndrawn   ▂▄▆█  of 4000 W"
    assert as_text(samples, width=2) == "budget ██\ndrawn  ▆█  of 4000 W"


watts = st.floats(0, 1e9)


some = st.builds(Sample, st.floats(0, 4e9), watts, st.none() | watts)


@given(st.lists(some, min_size=1, max_size=9))
@settings(deadline=None)
def test_any_samples_are_a_picture_within_its_frame(samples):
    samples.sort(key=lambda each: each.now)
    points = [point for line in lines(as_svg(samples)) for point in line]
    for x, y in (map(float, point.split(",")) for point in points):
        assert 69 <= x <= 881
        assert 39 <= y <= 301
    assert len(as_text(samples).splitlines()) == 2
