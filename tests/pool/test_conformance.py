"""The cases a Stratum pool is held to are held by tests that exist.

So no case goes unheld when a test is renamed or removed. The table itself is in `cases`.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.pool.cases import CASES

TESTS = Path(__file__).parent.parent


@cache
def names_in(module: str) -> frozenset[str]:
    tree = ast.parse((TESTS / f"{module}.py").read_text())
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_no_case_is_left_out():
    assert sorted(CASES) == list(range(1, 79))


@pytest.mark.parametrize("number", CASES)
def test_every_case_is_held_by_tests_that_exist(number):
    title, holders = CASES[number]
    assert holders, title
    for module, name in holders:
        assert name.startswith("test_")
        assert name in names_in(module), f"case {number}, {title}: {module} has no {name}"
