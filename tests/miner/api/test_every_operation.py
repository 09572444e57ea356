"""An operation that no test asks for is an operation without a test."""

import re
from pathlib import Path

HERE = Path(__file__).parent


async def test_every_operation_is_asked_for_by_a_test_of_this_directory(bench):
    async with bench.client() as client:
        document = (await client.get("/docs/openapi.json")).json()
    tests = sorted(set(HERE.glob("test_*.py")) - {Path(__file__)})
    text = "\n".join(path.read_text() for path in tests)
    unasked = {
        f"{verb.upper()} {path.removeprefix('/api/v1')}"
        for path, item in document["paths"].items()
        for verb in item
        if not is_asked(text, verb, path.removeprefix("/api/v1"), len(item))
    }
    assert not unasked


def is_asked(text, verb, path, verbs):
    """Whether the path stands there in quotes; where it has several verbs, after its verb."""
    place = re.sub(r"\\\{\w+\\\}", r'[^"?/]+', re.escape(path.rstrip("/"))) + r'/?["?]'
    if verbs == 1:
        return re.search(f'"{place}', text) is not None
    called = rf'\.{verb}\(\s*f?"{place}|"{verb.upper()}",\s*f?"{place}'
    return re.search(called, text) is not None
