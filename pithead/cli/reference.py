"""The reference of the configuration, as Markdown, from the definition of the keys."""

from collections.abc import Iterator

from pithead.cli.config import ENVIRONMENT_PREFIX, KEYS, SECTIONS, Key, limits, toml

BEGINNING = f"""\
# Configuration

Every setting of Pithead, section by section. This page is made from their definition by
`pithead config --markdown`; `pithead config` prints the same as a file to begin from.

A setting has its value from the first of these that gives one:

1. an option of the command: `--set pool.api_port=9090`, or one of its own such as `--data`;
2. an environment variable: `{ENVIRONMENT_PREFIX}` and the names in capitals, `PITHEAD_POOL_API_PORT=9090`;
3. the file: the one of `--config`, or of `PITHEAD_CONFIG`, or `pithead.toml` in the current directory;
4. its default.

Lists are written with commas in options and variables: `--set node.urls=http://a:8332,http://b:8332`.
What is unknown or outside its limits stops the program before anything starts, with a sentence that
names the setting and where it came from.
"""  # noqa: E501


def markdown() -> str:
    """The whole page; the same text for the same program."""
    return "\n".join([BEGINNING, *_sections()])


def _sections() -> Iterator[str]:
    for section, kind in SECTIONS.items():
        yield f"## `[{section}]`\n"
        yield f"{(kind.__doc__ or '').splitlines()[0]}\n"
        yield "| setting | default | what it is |\n| --- | --- | --- |"
        yield from (_row(key) for key in KEYS.values() if key.section == section)
        yield ""


def _row(key: Key) -> str:
    meaning = " ".join(part for part in (key.description, limits(key.kind)) if part)
    return f"| `{key.path}` | `{toml(key.default)}` | {meaning.replace('|', '&#124;')} |"
