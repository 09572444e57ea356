import io

from rich.console import Console

from pithead.cli.table import FarmPicture, MinerRow, draw, line, rate


def picture(miners=3):
    row = MinerRow(
        name="miner-0", model="Antminer S21", address="127.0.1.1:80", worker="alice.miner-0",
        status="normal", power_watts=3519, temperature_celsius=61.5, miner_rate=201.3e12,
        pool_rate=198.9e12, accepted=120, rejected=1,
    )  # fmt: skip
    return FarmPicture(
        now=1_790_000_000.0, speed=60.0, stratum="127.0.0.1:3333", api="127.0.0.1:8080",
        fleet="http://127.0.0.1:8090",
        farm_file="data/farm.json", miners=[row] * miners, height=612, blocks_found=12,
        pool_rate=600e12, round_probability=0.37, last_block="10:00:00", directory="data",
    )  # fmt: skip


def shown(miners=3, width=140, **more):
    console = Console(width=width, record=True, file=io.StringIO(), **more)
    console.print(draw(picture(miners)))
    return console.export_text()


def test_rates_have_the_prefix_people_use():
    assert rate(0) == "0.0 H/s"
    assert rate(999.9) == "999.9 H/s"
    assert rate(104.26e12) == "104.3 TH/s"
    assert rate(5.82e18) == "5.8 EH/s"
    assert rate(999.97e9) == "1.0 TH/s"


def test_the_table_shows_addresses_users_both_rates_shares_and_how_to_stop():
    text = shown()
    for words in (
        "stratum+tcp://127.0.0.1:3333", "http://127.0.0.1:8080", "http://127.0.0.1:8090",
        "alice.miner-0", "201.3 TH/s",
        "198.9 TH/s", "120", "12 blocks found", "Ctrl-C", "data/farm.json", "60 times the speed",
    ):  # fmt: skip
        assert words in text


def test_a_large_farm_is_cut_and_says_so():
    assert "and 60 more" in shown(100)


def test_a_narrow_terminal_gets_fewer_columns_and_each_of_them_whole():
    wide, usual, narrow = shown(), shown(width=120), shown(width=80)
    assert "Antminer S21" in wide
    assert "Antminer S21" not in usual
    assert "alice.miner-0" in usual
    assert "alice.miner-0" not in narrow
    for text in (usual, narrow):
        assert "…" not in text
        for words in ("127.0.1.1:80", "normal", "3519 W", "201.3 TH/s", "198.9 TH/s"):
            assert text.count(words) == 3


def test_a_low_terminal_gets_fewer_rows_and_says_how_to_stop_all_the_same():
    text = shown(20, width=80, height=24, force_terminal=True)
    assert "and 10 more" in text
    assert text.count("\n") < 24
    assert "Ctrl-C" in text


def test_one_line_says_the_same_where_there_is_no_terminal():
    assert "blocks found 12" in line(picture())
    assert "shares 360" in line(picture())
