import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.bitcoin.target import target_for_work
from pithead.hardware.scanning import ScanRequest, execute, execute_all, hash_value


def request(header=bytes(80), start=0, length=1000, ticket_work=4, share_work=50):
    return ScanRequest(
        header, start, length, target_for_work(ticket_work), target_for_work(share_work)
    )


@settings(max_examples=20)
@given(
    header=st.binary(min_size=80, max_size=80),
    start=st.integers(0, (1 << 32) - 200),
    ticket_work=st.integers(1, 10),
    share_work=st.integers(1, 60),
)
def test_a_scan_finds_what_hashing_one_by_one_finds(header, start, ticket_work, share_work):
    asked = request(header, start, 200, ticket_work, share_work)
    values = {nonce: hash_value(header, nonce) for nonce in range(start, start + 200)}
    result = execute(asked)
    assert result.tickets == sum(value <= asked.ticket_target for value in values.values())
    assert dict(result.shares) == {
        nonce: value for nonce, value in values.items() if value <= asked.share_target
    }


def test_results_come_in_the_order_of_the_requests():
    requests = [request(start=start) for start in (5000, 0, 9000)]
    assert execute_all(requests) == [execute(each) for each in requests]


def test_requests_and_results_can_go_to_another_process():
    asked = request()
    assert pickle.loads(pickle.dumps(asked)) == asked
    assert pickle.loads(pickle.dumps(execute(asked))) == execute(asked)
