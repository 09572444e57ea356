"""Configuration from flags, environment and one TOML file, over the defaults of the sections.

A flag outranks the environment, that the file, that the default. Whatever is unknown or wrong is
a `ConfigError` that names the key and where it came from. An environment variable is called
PITHEAD_SECTION_KEY; PITHEAD_CONFIG names the file.
"""

import json
import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import msgspec
from msgspec import NODEFAULT
from msgspec.inspect import (
    BoolType,
    FloatType,
    IntType,
    LiteralType,
    Metadata,
    StrType,
    Type,
    VarTupleType,
    type_info,
)

from pithead.cli.section import Section
from pithead.cli.sections import Config

ENVIRONMENT_PREFIX = "PITHEAD_"
FILE_VARIABLE = "PITHEAD_CONFIG"
FILE_NAME = "pithead.toml"
"""Read from the current directory if no other file is named."""

SHOWN_CHARACTERS = 80

Scalar = str | int | float | bool
Value = Scalar | Sequence[Scalar]


class ConfigError(Exception):
    """The message names the key, where it was set, and what would be right."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that can be set."""

    section: str
    name: str
    default: Value
    kind: Type
    """As msgspec describes it, without its description."""
    description: str
    annotation: object
    """The type itself, limits included."""

    @property
    def path(self) -> str:
        """As flags name it: `pool.api_port`."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """As the environment names it: `PITHEAD_POOL_API_PORT`."""
        return f"{ENVIRONMENT_PREFIX}{self.section}_{self.name}".upper()


@dataclass(frozen=True, slots=True)
class Setting:
    """A value somebody gave, and where."""

    source: str
    value: object
    is_text: bool
    """From the environment or a flag: `5` may be meant as a number."""


def _keys() -> Iterator[Key]:
    for section in msgspec.structs.fields(Config):
        for field in msgspec.structs.fields(section.type):
            described = type_info(field.type)
            assert isinstance(described, Metadata), f"{section.name}.{field.name}"
            assert field.default is not NODEFAULT, f"{section.name}.{field.name}"
            extra = described.extra_json_schema or {}
            yield Key(
                section.name,
                field.name,
                field.default,
                described.type,
                extra["description"],
                field.type,
            )


KEYS: Mapping[str, Key] = {key.path: key for key in _keys()}
"""By path, in the order of the example."""

_BY_VARIABLE = {key.variable: key for key in KEYS.values()}
SECTIONS = {section.name: section.type for section in msgspec.structs.fields(Config)}


def load(
    flags: Mapping[str, Value | None],
    environment: Mapping[str, str],
    file: Path | None = None,
) -> Config:
    """The whole configuration. `flags` are by path (`pool.api_port`), None where not given.

    Without `file` it is the one of PITHEAD_CONFIG, or pithead.toml where there is one.
    """
    chosen: dict[str, Setting] = {}
    path = _file_to_read(environment, file)
    if path is not None:
        chosen.update(_of_file(path))
    chosen.update(_of_environment(environment))
    chosen.update(_of_flags(flags))
    return _build(chosen)


def assignments(texts: Sequence[str]) -> dict[str, Value]:
    """`["pool.api_port=9090"]` as flags, for an option that sets any key."""
    flags: dict[str, Value] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or "." not in path:
            raise ConfigError(f"command line: {_shown(text)} is not of the form section.key=value")
        flags[path.strip()] = value.strip()
    return flags


def _file_to_read(environment: Mapping[str, str], file: Path | None) -> Path | None:
    if file is not None:
        return file
    if environment.get(FILE_VARIABLE):
        return Path(environment[FILE_VARIABLE])
    default = Path(FILE_NAME)
    return default if default.is_file() else None


def _of_file(path: Path) -> Iterator[tuple[str, Setting]]:
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    for section, table in content.items():
        if section not in SECTIONS:
            raise ConfigError(f"{path}: there is no [{section}]{_hint(section, SECTIONS)}")
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: {section} is a section, write [{section}]")
        for name, value in table.items():
            key = _key(f"{section}.{name}", str(path))
            yield key.path, Setting(str(path), value, is_text=False)


def _of_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, Setting]]:
    for variable, value in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable == FILE_VARIABLE:
            continue
        key = _BY_VARIABLE.get(variable)
        if key is None:
            raise ConfigError(f"environment: there is no {variable}{_hint(variable, _BY_VARIABLE)}")
        yield key.path, Setting(f"environment {variable}", value, is_text=True)


def _of_flags(flags: Mapping[str, Value | None]) -> Iterator[tuple[str, Setting]]:
    for path, value in flags.items():
        if value is not None:
            key = _key(path, "command line")
            yield key.path, Setting("command line", value, is_text=isinstance(value, str))


def _key(path: str, source: str) -> Key:
    key = KEYS.get(path)
    if key is None:
        section, _, name = path.partition(".")
        raise ConfigError(f"{source}: there is no [{section}] {name}{_hint(path, KEYS)}")
    return key


def _hint(word: str, words: Mapping[str, object]) -> str:
    near = get_close_matches(word, words, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _build(chosen: Mapping[str, Setting]) -> Config:
    sections: dict[str, Section] = {}
    for section, kind in SECTIONS.items():
        given = {
            path.partition(".")[2]: setting
            for path, setting in chosen.items()
            if path.startswith(f"{section}.")
        }
        values = {name: _value(KEYS[f"{section}.{name}"], given[name]) for name in given}
        try:
            sections[section] = kind(**values)
        except ValueError as error:
            sources = ", ".join(sorted({setting.source for setting in given.values()}))
            raise ConfigError(f"{sources}: [{section}] {error}") from error
    return Config(**sections)  # type: ignore[arg-type]


def _value(key: Key, setting: Setting) -> object:
    """The value in the key's own type, within its limits."""
    value = setting.value
    if setting.is_text and isinstance(value, str) and isinstance(key.kind, VarTupleType):
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        converted: object = msgspec.convert(value, key.annotation, strict=not setting.is_text)
    except msgspec.ValidationError as error:
        raise ConfigError(_complaint(key, setting, str(error))) from error
    return converted


def _complaint(key: Key, setting: Setting, why: str) -> str:
    why = why.partition(" - at ")[0].replace("`", "")
    return (
        f"{setting.source}: [{key.section}] {key.name} = {_shown(setting.value)}: "
        f"{why[0].lower()}{why[1:]}"
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."


def example() -> str:
    """An annotated file with every key at its default."""
    lines = textwrap.wrap(
        "Pithead's configuration: every key with its default. A file needs only what differs. "
        "Flags outrank environment variables, which outrank this file; the variable of a key is "
        f"{ENVIRONMENT_PREFIX}SECTION_KEY, such as {KEYS['pool.api_port'].variable}.",
        97,
        initial_indent="# ",
        subsequent_indent="# ",
    )
    for section, kind in SECTIONS.items():
        lines += ["", f"# {(kind.__doc__ or '').splitlines()[0]}", f"[{section}]"]
        for key in KEYS.values():
            if key.section == section:
                lines += ["", *_comment(key), f"{key.name} = {toml(key.default)}"]
    return "\n".join(lines) + "\n"


def _comment(key: Key) -> list[str]:
    text = " ".join(part for part in (key.description, limits(key.kind)) if part)
    return textwrap.wrap(text, 97, initial_indent="# ", subsequent_indent="# ")


def limits(kind: Type) -> str:
    """What a value may be, in words."""
    match kind:
        case LiteralType(values=values):
            return f"One of: {', '.join(map(str, values))}."
        case BoolType():
            return "true or false."
        case IntType() | FloatType():
            low = kind.ge if kind.ge is not None else kind.gt
            return f"{'From' if kind.gt is None else 'Above'} {_number(low)} to {_number(kind.le)}."
        case StrType(max_length=int(length)):
            return f"At most {length} characters."
        case _:
            return ""


def _number(value: int | float | None) -> str:
    if value is None:
        raise AssertionError("a number without limits")
    return f"{value:_}"


def toml(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:_}" if value >= 100_000 else str(value)
        case float():
            return repr(value)
        case str():
            return json.dumps(value)
        case _:
            return f"[{', '.join(map(toml, value))}]"
