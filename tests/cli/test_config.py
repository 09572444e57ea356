import tomllib

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.cli.config import KEYS, ConfigError, assignments, example, load
from pithead.cli.sections import Config


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A directory without a file of ours."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "farm.toml"
        path.write_text(text)
        return path

    return written


def refusal(*arguments):
    with pytest.raises(ConfigError) as error:
        load(*arguments)
    return str(error.value)


def test_without_anything_it_is_the_defaults():
    config = load({}, {})
    assert config == Config()
    assert (config.pool.stratum_host, config.pool.stratum_port) == ("127.0.0.1", 3333)
    assert (config.pool.api_host, config.pool.api_port) == ("127.0.0.1", 8080)
    assert config.farm.miners == 3


def test_the_example_has_every_key_and_reads_back_to_the_defaults(file):
    text = example()
    content = tomllib.loads(text)
    assert [f"{section}.{name}" for section in content for name in content[section]] == list(KEYS)
    assert load({}, {}, file(text)) == Config()


def test_the_example_explains_every_key_in_lines_one_can_read():
    text = example()
    flat = " ".join(line.removeprefix("# ") for line in text.splitlines())
    for key in KEYS.values():
        assert key.description in flat, key.path
    assert max(map(len, text.splitlines())) < 100


def test_every_line_of_the_example_changes_what_it_names(file):
    """So no key is defined and then not read."""
    other = {int: 7, float: 7.5}
    depend = {"pool.first_share_work", "pool.least_share_work", "pool.server_number"}
    for key in KEYS.values():
        is_switch = isinstance(key.default, bool)
        value = not key.default if is_switch else other.get(type(key.default))
        if key.path == "exchange.replicas":
            value = 3
        if value is None or key.path in depend:
            continue
        config = load({}, {}, file(f"[{key.section}]\n{key.name} = {str(value).lower()}\n"))
        assert getattr(getattr(config, key.section), key.name) == value, key.path
        assert config != Config()


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ({"pool.server_number": 1}, "does not fit in server_bits"),
        ({"pool.server_bits": 2, "pool.server_number": 4}, "does not fit in server_bits"),
        ({"pool.server_bits": 9, "pool.extranonce1_bytes": 2}, "less than 8 bits"),
        ({"pool.tls_certificate": "a.pem"}, "go together"),
        ({"pool.tls_key": "a.key"}, "go together"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(flags, why):
    assert why in refusal(flags, {})


def test_a_file_of_the_current_directory_is_read_unless_another_is_named(tmp_path, file):
    (tmp_path / "pithead.toml").write_text("[farm]\nminers = 5\n")
    other = file("[farm]\nminers = 6\n")
    assert load({}, {}).farm.miners == 5
    assert load({}, {"PITHEAD_CONFIG": str(other)}).farm.miners == 6
    assert load({}, {"PITHEAD_CONFIG": "nowhere.toml"}, other).farm.miners == 6


def test_a_flag_outranks_the_environment_which_outranks_the_file(file):
    path = file("[farm]\nminers = 10\nspeed = 2\nusers = ['bob']\n")
    environment = {"PITHEAD_FARM_MINERS": "20", "PITHEAD_FARM_SPEED": "4"}
    config = load({"farm.miners": 30}, environment, path)
    assert config.farm.miners == 30
    assert config.farm.speed == 4.0
    assert config.farm.users == ("bob",)
    assert config.farm.rest_port == 80


def test_a_flag_that_was_not_given_outranks_nothing():
    assert load({"farm.miners": None}, {"PITHEAD_FARM_MINERS": "20"}).farm.miners == 20


@pytest.mark.parametrize(
    ("variable", "text", "path", "value"),
    [
        ("PITHEAD_POOL_STRATUM_PORT", "0", "pool.stratum_port", 0),
        ("PITHEAD_POOL_FEE_PERCENT", "1.5", "pool.fee_percent", 1.5),
        ("PITHEAD_POOL_FEE_PERCENT", "1", "pool.fee_percent", 1.0),
        ("PITHEAD_POOL_REGISTRATION_OPEN", "false", "pool.registration_open", False),
        ("PITHEAD_POOL_DURABILITY", "group", "pool.durability", "group"),
        ("PITHEAD_FARM_USERS", "alice, bob", "farm.users", ("alice", "bob")),
        ("PITHEAD_FARM_MODELS", "S19 XP,Antminer S21", "farm.models", ("S19 XP", "Antminer S21")),
        ("PITHEAD_DATA_DIRECTORY", "/tmp/x", "data.directory", "/tmp/x"),
        ("PITHEAD_POOL_COINBASE_TAG", "", "pool.coinbase_tag", ""),
    ],
)
def test_text_of_the_environment_becomes_the_type_of_the_key(variable, text, path, value):
    section, _, name = path.partition(".")
    for config in (load({}, {variable: text}), load(assignments([f"{path}={text}"]), {})):
        assert getattr(getattr(config, section), name) == value


def test_every_key_has_a_variable_of_its_own():
    assert len({key.variable for key in KEYS.values()}) == len(KEYS)
    assert KEYS["pool.api_port"].variable == "PITHEAD_POOL_API_PORT"


def test_other_programs_variables_are_none_of_ours():
    assert load({}, {"PATH": "/bin", "PITHEADS": "x"}) == Config()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[pool]\nstratum_prot = 1\n", ["[pool] stratum_prot", "mean pool.stratum_port?"]),
        ("[poll]\nstratum_port = 1\n", ["[poll]", "mean pool?"]),
        ("pool = 1\n", ["pool is a section"]),
        ("miners = 1\n", ["there is no [miners]"]),
        ("[pool.api]\nport = 1\n", ["[pool] api"]),
        ("[pool]\nstratum_port = 70000\n", ["[pool] stratum_port = 70000: expected int <= 65535"]),
        (
            "[pool]\nstratum_port = '3333'\n",
            ["[pool] stratum_port = '3333': expected int, got str"],
        ),
        ("[pool]\nstratum_port = 3333.0\n", ["stratum_port = 3333.0"]),
        ("[pool]\nstratum_port = true\n", ["stratum_port = True"]),
        ("[pool]\nfee_percent = nan\n", ["[pool] fee_percent = nan"]),
        ("[pool]\nfee_percent = 101\n", ["fee_percent = 101", "100"]),
        ("[pool]\nwork_scale = 0\n", ["work_scale = 0", ">= 1"]),
        ("[pool]\ndurability = 'fsync'\n", ["[pool] durability = 'fsync'"]),
        ("[pool]\nregistration_open = 1\n", ["registration_open = 1: expected bool"]),
        ("[pool]\napi_host = 'a b'\n", ["api_host = 'a b'"]),
        ("[pool]\nfirst_share_work = 4\n", ["[pool] first_share_work is less than"]),
        ("[farm]\nmodels = ['Antminer S99']\n", ["[farm]", "'Antminer S99'", "Antminer S21"]),
        ("[farm]\nmodels = ['cpu']\n", ["[farm]", "'cpu'", "Antminer S21"]),
        ("[miner]\nmodel = 'gpu'\n", ["[miner]", "'gpu'", "Antminer S21", "cpu"]),
        ("[farm]\nusers = ['a.b']\n", ["users = ['a.b']"]),
        ("[farm]\nusers = []\n", ["users = []"]),
        ("[farm]\nfirst_address = '10.0.0.1'\n", ["[farm] first_address '10.0.0.1'"]),
        ("[farm]\nspeed = 0\n", ["speed = 0", "> 0"]),
        ("[miner]\npool_url = 'http://x'\n", ["[miner] pool_url = 'http://x'"]),
        ("[miner]\nhost = 'nowhere'\n", ["[miner] host 'nowhere'"]),
        ("[log]\nlevel = 1979-05-27\n", ["[log] level"]),
        ("[pool\n", ["is not TOML", "line 1"]),
    ],
)
def test_a_wrong_file_is_refused_by_file_section_and_key(file, text, names):
    path = file(text)
    message = refusal({}, {}, path)
    assert message.startswith(f"{path}: ")
    for name in names:
        assert name in message


def test_a_file_that_is_named_and_not_there_is_an_error(tmp_path):
    assert "nowhere.toml: cannot be read" in refusal({}, {"PITHEAD_CONFIG": "nowhere.toml"})
    assert "cannot be read" in refusal({}, {}, tmp_path)


def test_bytes_that_are_no_text_are_an_error(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "is not TOML" in refusal({}, {}, path)


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({"PITHEAD_POOL_STRATUM_PROT": "1"}, ["PITHEAD_POOL_STRATUM_PROT", "POOL_STRATUM_PORT?"]),
        ({"PITHEAD_FARM_MINERS": "many"}, ["PITHEAD_FARM_MINERS", "[farm] miners = 'many'"]),
        ({"PITHEAD_POOL_FEE_PERCENT": "inf"}, ["PITHEAD_POOL_FEE_PERCENT", "= 'inf'"]),
        ({"PITHEAD_FARM_USERS": ","}, ["PITHEAD_FARM_USERS", "users = ','"]),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(environment, names):
    message = refusal({}, environment)
    for name in ["environment", *names]:
        assert name in message


def test_a_wrong_flag_is_refused_by_its_key():
    assert "command line: there is no [farm] minors" in refusal({"farm.minors": 1}, {})
    assert "command line: [farm] miners = -1: expected int >= 0" in refusal({"farm.miners": -1}, {})
    for text in ("farm.miners", "miners=3"):
        with pytest.raises(ConfigError, match=rf"'{text}' is not of the form section\.key=value"):
            assignments([text])


def test_a_wrong_pair_of_keys_names_both_places_they_came_from(file):
    path = file("[pool]\nleast_share_work = 1000\n")
    message = refusal({}, {"PITHEAD_POOL_FIRST_SHARE_WORK": "999"}, path)
    assert str(path) in message
    assert "PITHEAD_POOL_FIRST_SHARE_WORK" in message


def test_a_long_wrong_value_is_cut():
    assert len(refusal({}, {"PITHEAD_FARM_MINERS": "9" * 100_000})) < 300


@given(text=st.text(max_size=200))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_as_a_file_is_read_or_refused(tmp_path, text):
    path = tmp_path / "fuzz.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        config = load({}, {}, path)
    except ConfigError:
        return
    assert isinstance(config, Config)


@given(path=st.sampled_from(list(KEYS)), text=st.text(max_size=40))
@settings(deadline=None)
def test_any_text_for_any_key_is_of_its_type_or_refused_by_its_name(path, text):
    key = KEYS[path]
    try:
        config = load({path: text}, {})
    except ConfigError as error:
        refused = str(error)
    else:
        value = getattr(getattr(config, key.section), key.name)
        assert type(value) is type(key.default)
        msgspec.convert(value, key.annotation)
        return
    assert f"[{key.section}]" in refused
    assert key.name in refused
