import pytest

from pithead.miner.logbook import LONGEST_LINE, MOST_WAITING, LogBook


@pytest.fixture
def book(tmp_path):
    return LogBook(tmp_path / "log", largest_file=1000)


async def lines(book, kind="bosminer"):
    return (await book.read(kind)).decode().splitlines()


async def test_lines_are_read_back_before_and_after_they_are_on_disk(book, tmp_path):
    book.write("bosminer", "one")
    book.write("errors", "other")
    assert await lines(book) == ["one"]
    book.write("bosminer", "two")
    assert await lines(book) == ["one", "two"]
    assert (tmp_path / "log" / "bosminer.log").read_text() == "one\ntwo\n"
    assert await lines(book, "errors") == ["other"]
    assert await lines(book, "dmesg") == []


async def test_lines_survive_the_daemon(book, tmp_path):
    book.write("syslog", "before")
    book.flush()
    after = LogBook(tmp_path / "log")
    after.write("syslog", "after")
    assert await lines(after, "syslog") == ["before", "after"]


async def test_a_log_is_rotated_and_never_larger_than_two_files(book, tmp_path):
    for number in range(500):
        book.write("monitor", f"line {number}")
        book.flush()
    kept = await lines(book, "monitor")
    assert kept[-1] == "line 499"
    assert kept == [f"line {number}" for number in range(500 - len(kept), 500)]
    assert len(kept) > 80
    assert sum(path.stat().st_size for path in (tmp_path / "log").iterdir()) < 2100


async def test_a_line_is_one_line_and_bounded(book):
    book.write("boser", "a\nb" + "c" * 10_000)
    book.flush()
    (line,) = await lines(book, "boser")
    assert line.startswith("a b")
    assert len(line) == LONGEST_LINE


async def test_what_waits_for_the_disk_is_bounded(book):
    for _ in range(100):
        book.write("boser", "x" * LONGEST_LINE)
    assert len(await book.read("boser")) <= MOST_WAITING


async def test_a_disk_that_takes_nothing_costs_lines_alone(tmp_path):
    (tmp_path / "log").write_text("a file where the directory should be")
    book = LogBook(tmp_path / "log")
    book.write("boser", "lost")
    book.flush()
    assert await lines(book, "boser") == []


async def test_without_a_place_lines_are_kept_in_memory_within_bounds():
    book = LogBook(None, largest_file=1000)
    for number in range(500):
        book.write("monitor", f"line {number}")
    assert len(await book.read("monitor")) == 1000
    assert (await lines(book, "monitor"))[-1] == "line 499"
