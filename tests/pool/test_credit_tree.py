"""What a user can check: its work is in the root, and nothing else is that should not be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.credit_tree import (
    BadProof,
    CreditTree,
    Node,
    Step,
    leaf,
    leaf_salt,
    link,
    root_of,
)

SALT = b"s" * 32
DAY = 20_000
works = st.dictionaries(
    st.text(min_size=1, max_size=8), st.integers(1, 2**90), min_size=1, max_size=40
)


def start(user, work):
    return leaf(DAY, user, work, leaf_salt(SALT, user))


@given(works)
def test_every_user_has_a_proof_that_leads_to_the_root_and_to_the_total(works):
    tree = CreditTree(DAY, works, SALT)
    assert tree.root.work == sum(works.values())
    for user, work in works.items():
        assert root_of(start(user, work), tree.proof(user)) == tree.root


@given(works, st.data())
def test_no_other_work_or_user_or_day_leads_there(works, data):
    tree = CreditTree(DAY, works, SALT)
    user = data.draw(st.sampled_from(sorted(works)))
    other = data.draw(st.integers(0, 2**90).filter(lambda work: work != works[user]))
    steps = tree.proof(user)
    assert root_of(start(user, other), steps) != tree.root
    assert root_of(leaf(DAY + 1, user, works[user], leaf_salt(SALT, user)), steps) != tree.root
    assert root_of(start(user + "x", works[user]), steps) != tree.root


@given(works, st.data())
def test_a_step_that_was_changed_leads_elsewhere(works, data):
    tree = CreditTree(DAY, works, SALT)
    user = data.draw(st.sampled_from(sorted(works)))
    steps = list(tree.proof(user))
    if steps:
        at = data.draw(st.integers(0, len(steps) - 1))
        node = steps[at].node
        more = data.draw(st.integers(1, 2**80))
        steps[at] = Step(Node(node.hash, node.work + more), steps[at].is_left)
        assert root_of(start(user, works[user]), steps) != tree.root


@given(works)
def test_the_order_in_which_users_are_given_changes_nothing(works):
    turned = dict(reversed(works.items()))
    assert CreditTree(DAY, works, SALT).root == CreditTree(DAY, turned, SALT).root


def test_a_user_without_work_has_no_proof():
    with pytest.raises(KeyError):
        CreditTree(DAY, {"alice": 1}, SALT).proof("bob")


@pytest.mark.parametrize(
    "steps", [[Step(Node(b"x" * 32, 1), True)] * 65, [Step(Node(b"x", 1), True)],
              [Step(Node(b"x" * 32, -1), True)]],
)  # fmt: skip
def test_what_no_tree_can_have_is_no_proof(steps):
    with pytest.raises(BadProof):
        root_of(Node(b"x" * 32, 1), steps)


def test_a_link_depends_on_all_days_before():
    root = Node(b"r" * 32, 5)
    assert link(b"", DAY, root) != link(b"before", DAY, root)
    assert link(b"", DAY, root) != link(b"", DAY + 1, root)
    assert link(b"", DAY, root) != link(b"", DAY, Node(root.hash, 6))
