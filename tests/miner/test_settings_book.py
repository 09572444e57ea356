"""Settings in force, and settings saved for the next start."""

import msgspec

from pithead.miner.configuration import Settings
from pithead.miner.performance_settings import PerformanceSettings
from pithead.miner.settings_book import SettingsBook
from pithead.miner.system_settings import SystemSettings

replace = msgspec.structs.replace


def make_book():
    saves = []
    return SettingsBook(Settings(), saves.append), saves


def test_a_change_is_in_force_and_saved():
    book, saves = make_book()
    book.change(paused=True)
    assert book.in_force is book.saved
    assert saves == [Settings(paused=True)]


def test_what_is_only_saved_is_in_force_after_the_next_start():
    book, saves = make_book()
    book.save_only(Settings(power_target_w=3000))
    assert book.in_force == Settings()
    assert saves == [Settings(power_target_w=3000)]
    book.start_over()
    assert book.in_force == Settings(power_target_w=3000)


def test_a_later_change_of_something_else_keeps_what_is_only_saved():
    book, saves = make_book()
    book.save_only(Settings(performance=PerformanceSettings(mode="manual")))
    book.change(performance=replace(book.in_force.performance, boards_off=("2",)))
    book.change(system=SystemSettings(locating=True))
    assert book.in_force.performance == PerformanceSettings(boards_off=("2",))
    assert book.saved.performance == PerformanceSettings(mode="manual", boards_off=("2",))
    assert book.saved.system.locating
    assert saves[-1] is book.saved


def test_a_later_change_of_the_same_thing_replaces_what_is_only_saved():
    book, _ = make_book()
    book.save_only(Settings(power_target_w=3000))
    book.change(power_target_w=2000)
    assert book.saved == book.in_force == Settings(power_target_w=2000)
