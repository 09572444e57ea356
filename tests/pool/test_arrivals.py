"""How far front ends were taken, in memory and in the store."""

from pithead.pool.arrivals import Arrivals
from pithead.pool.books import Books, BooksSettings
from pithead.pool.changes import ReachedRow
from pithead.pool.database import open_database
from pithead.pool.events import Reached
from pithead.pool.position import Position
from pithead.pool.store import Store


def test_the_last_word_of_each_front_end_holds_and_is_written_once():
    arrivals = Arrivals([ReachedRow("old", 3, 4)])
    for event in (Reached(1, "one", 1, 5), Reached(2, "two", 1, 9), Reached(3, "one", 2, 1)):
        arrivals.apply(event)
    assert arrivals.places == {"old": (3, 4), "one": (2, 1), "two": (1, 9)}
    assert sorted(arrivals.drain()) == [ReachedRow("one", 2, 1, 3), ReachedRow("two", 1, 9, 2)]
    assert arrivals.drain() == []


def test_the_store_gives_them_back(database):
    books, store = Books(BooksSettings()), Store(open_database(database), "pool")
    for sequence in (7, 9):
        books.apply(Reached(1000, "one", 1, sequence))
        store.commit(books.changes(), Position(1, sequence))
    loaded, _ = store.load(BooksSettings())
    assert loaded.arrivals.places == {"one": Position(1, 9)}
    store.engine.dispose()
