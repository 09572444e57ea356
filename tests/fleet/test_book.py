"""What is known of each machine, and when it is looked at again."""

from msgspec.structs import replace

from pithead.bos.miner import (
    BosMode,
    ControlBoardSocFamily,
    GetMinerDetailsResponse,
    GetMinerStatsResponse,
    MinerPowerStats,
    MinerStatus,
    Platform,
)
from pithead.bos.units import GigaHashrate, Power, PowerEfficiency
from pithead.bos.work import RealHashrate, WorkSolverStats
from pithead.fleet.book import (
    LONGEST_SCAN_SECONDS,
    LONGEST_WAIT_SECONDS,
    Book,
    Wanted,
    attention_of,
    sums,
)
from pithead.fleet.ranges import Place
from pithead.fleet.sight import Sight

HERE, THERE = Place("10.0.0.1"), Place("10.0.0.2", 8081)


def sight(status=MinerStatus.NORMAL, ths=100.0, watts=3000):
    return Sight(
        details=GetMinerDetailsResponse(
            uid="u", platform=Platform.AM3_BBB, bos_mode=BosMode.NAND, hostname="host",
            mac_address="m", system_uptime=1, bosminer_uptime_s=1, system_uptime_s=1,
            status=status, kernel_version="k", serial_number=None,
            control_board_soc_family=ControlBoardSocFamily.BBB,
        ),
        stats=GetMinerStatsResponse(
            miner_stats=WorkSolverStats(
                real_hashrate=RealHashrate(
                    last_5m=GigaHashrate(gigahash_per_second=ths * 1000)
                ),
                found_blocks=0, best_share=0, best_share_str="0",
            ),
            power_stats=MinerPowerStats(
                approximated_consumption=Power(watt=watts),
                efficiency=PowerEfficiency(joule_per_terahash=watts / ths),
            ),
        ),
    )  # fmt: skip


def book(*wanted):
    made = Book(10.0)
    made.want(wanted or (Wanted(HERE), Wanted(THERE)), 0.0)
    return made


def test_every_machine_is_looked_at_once_and_then_after_its_time():
    known = book()
    assert [known.next_place(0.0), known.next_place(0.0)] == [HERE, THERE]
    assert known.next_place(0.0) is None
    known.seen(HERE, sight(), 1.0)
    assert known.next_place(10.9) is None
    assert known.next_place(11.0) == HERE


def test_one_that_was_changed_is_looked_at_soon():
    known = book(Wanted(HERE))
    known.next_place(0.0)
    known.seen(HERE, sight(), 1.0)
    known.look_soon(str(HERE), 2.0)
    assert known.next_place(2.0) == HERE
    assert known.next_place(2.0) is None


def test_one_that_is_away_is_asked_less_and_less_often():
    known = book(Wanted(HERE))
    now, waits = 0.0, []
    for _ in range(8):
        assert known.next_place(now) == HERE
        known.missed(HERE, "cannot be reached", False, now)
        wait = next(each for each in range(1, 10_000) if known.next_place(now + each) is not None)
        waits.append(wait)
        now += wait
        known.look_soon(str(HERE), now)
    assert waits == [10, 20, 40, 80, LONGEST_WAIT_SECONDS, *[LONGEST_WAIT_SECONDS] * 3]


def test_a_machine_keeps_the_time_since_when_it_is_in_its_state():
    known = book(Wanted(HERE))
    known.seen(HERE, sight(), 100.0)
    row = known.seen(HERE, sight(), 200.0)
    assert (row.state, row.since, row.seen_at) == ("mining", 100.0, 200.0)
    row = known.seen(HERE, sight(MinerStatus.PAUSED), 300.0)
    assert (row.state, row.since) == ("paused", 300.0)


def test_one_that_goes_away_does_nothing_any_more_but_is_remembered():
    known = book(Wanted(HERE, "north"))
    known.seen(HERE, sight(), 100.0)
    known.missed(HERE, "cannot be reached", False, 110.0)
    row = known.missed(HERE, "cannot be reached", False, 120.0)
    assert (row.name, row.state, row.since, row.seen_at) == ("north", "away", 110.0, 100.0)
    assert (row.hashrate_ths, row.power_w, row.reason) == (None, None, "cannot be reached")


def test_one_that_refuses_us_is_told_from_one_that_is_away():
    known = book(Wanted(HERE))
    assert known.missed(HERE, "wrong password", True, 1.0).state == "refused"


def test_of_a_range_only_those_that_ever_answered_are_shown():
    known = book(Wanted(HERE, is_expected=False), Wanted(THERE))
    assert [row.id for row in known.rows()] == [str(THERE)]
    assert known.row(str(HERE)) is None
    for now in range(0, 20_000, 1000):
        known.missed(HERE, "cannot be reached", False, now)
    assert known.row(str(HERE)) is None
    assert known.next_place(19_000 + LONGEST_SCAN_SECONDS) in (HERE, THERE)
    known.seen(HERE, sight(), 30_000.0)
    known.missed(HERE, "cannot be reached", False, 30_010.0)
    assert known.row(str(HERE)).state == "away"


def test_machines_that_are_wanted_no_more_are_forgotten_and_the_others_kept():
    known = book()
    known.seen(HERE, sight(), 1.0)
    known.want([Wanted(HERE, "north")], 2.0)
    assert known.row(str(HERE)).state == "mining"
    assert known.seen(THERE, sight(), 3.0) is None
    assert len(known) == 1
    assert known.seen(HERE, sight(), 4.0).name == "north"


def test_history_begins_with_the_first_look():
    known = book(Wanted(HERE))
    assert list(known.track(str(HERE), 600.0).moments) == []
    known.seen(HERE, sight(ths=50.0), 600.0)
    assert known.track(str(HERE), 600.0).series["hashrate_ths"] == [50.0]
    assert known.track("nobody", 600.0) is None


def test_sums_are_those_of_all_that_is_shown():
    known = book()
    known.seen(HERE, sight(ths=100.0, watts=3000), 1.0)
    known.missed(THERE, "cannot be reached", False, 1.0)
    came = sums(known.rows())
    assert (came.machines, came.mining, came.away, came.attention) == (2, 1, 1, 1)
    assert (came.hashrate_ths, came.power_w, came.efficiency_j_th) == (100.0, 3000.0, 30.0)
    assert came.hottest_c is None


def test_what_wants_attention_is_told_why():
    known = book(Wanted(HERE))
    row = known.seen(HERE, sight(), 1.0)
    assert row.attention is None
    assert attention_of(replace(row, tuner="error")) == "its tuner is in trouble"
    fans = replace(row, fans_rpm=(0, 4000), fan_ratio=0.5)
    assert attention_of(fans) == "a fan does not turn"
    assert attention_of(replace(fans, fan_ratio=0.0)) is None
    assert attention_of(replace(row, state="paused")) is None
    assert known.seen(HERE, sight(MinerStatus.NOT_STARTED), 2.0).attention == "stopped"
    away = known.missed(HERE, "cannot be reached", False, 3.0)
    assert away.attention == "away: cannot be reached"
