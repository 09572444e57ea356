"""What machines say becomes cells, in the units that people use."""

from pithead.bos.cooling import CoolingMode
from pithead.bos.tuning import DPSConfiguration, DPSMode
from pithead.bos.units import (
    Frequency,
    GigaHashrate,
    Hours,
    Power,
    Temperature,
    TeraHashrate,
    Voltage,
)  # fmt: skip
from pithead.fleet.amounts import amount, flattened, named


def test_quantities_are_in_the_units_that_people_use():
    quantities = (
        GigaHashrate(gigahash_per_second=104_250.0), Power(watt=7), Temperature(degree_c=61.26),
        Frequency(hertz=525e6), Voltage(volt=13.7), Hours(hours=3), None,
    )  # fmt: skip
    assert [amount(each) for each in quantities] == [104.25, 7, 61.3, 525.0, 13.7, 3, None]


def test_any_message_is_one_row_of_what_is_there():
    dps = DPSConfiguration(
        enabled=True, power_step=Power(watt=300), mode=DPSMode.BOOST,
        min_hashrate_target=TeraHashrate(terahash_per_second=80.0),
    )  # fmt: skip
    assert flattened(dps) == {
        "enabled": True, "power_step_w": 300, "min_hashrate_target_ths": 80.0, "mode": "boost",
    }  # fmt: skip
    assert flattened({"a": {"b": [1, 2]}, "c": None}) == {"a.b": "1 2"}


def test_an_enum_is_written_as_people_type_it():
    assert named(CoolingMode.AUTO) == "auto"
    assert named(None) is None
