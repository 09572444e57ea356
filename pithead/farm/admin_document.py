"""The operations of the farm's admin API, and its OpenAPI 3.1 document. Pure."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec

from pithead.farm.chips import MachineChips
from pithead.farm.desk import FaultView, MachineView, NewAmbient, NewFault
from pithead.farm.mishaps import NAMES

Verb = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    verb: Verb
    path: str
    summary: str
    answer: Any
    """The type of the answer; None: it has none."""
    body: type[msgspec.Struct] | None = None
    status: int = 200


_MACHINE = "/machines/{name:str}"

OPERATIONS = (
    Operation("list_machines", "GET", "/machines", "All machines.", list[MachineView]),
    Operation("get_machine", "GET", _MACHINE, "One machine.", MachineView),
    Operation("list_chips", "GET", f"{_MACHINE}/chips",
              "What each of its chips does, which no API of the machine tells.", MachineChips),
    Operation("list_faults", "GET", f"{_MACHINE}/faults", "What holds on a machine now.",
              list[FaultView]),
    Operation("call_down_fault", "POST", f"{_MACHINE}/faults", "Let something happen to it.",
              FaultView, NewFault, 201),
    Operation("clear_faults", "DELETE", f"{_MACHINE}/faults", "End all that holds now.",
              None, None, 204),
    Operation("clear_fault", "DELETE", f"{_MACHINE}/faults/{{fault:str}}", "End one.",
              None, None, 204),
    Operation("set_ambient", "PUT", f"{_MACHINE}/ambient", "The temperature round a machine.",
              MachineView, NewAmbient),
    Operation("set_all_ambients", "PUT", "/ambient", "The temperature round all machines.",
              list[MachineView], NewAmbient),
)  # fmt: skip

REFUSALS = {
    "400": "The body is not JSON.",
    "408": "The body did not come in time.",
    "413": "The body is too long.",
    "415": "The body is not declared as JSON.",
    "422": "The body is wrong, or this cannot befall this machine; the text says why.",
}
_TEXT = {"text/plain": {"schema": {"type": "string"}}}


@cache
def document() -> bytes:
    """As JSON."""
    kinds: list[Any] = [each.answer for each in OPERATIONS if each.answer is not None]
    kinds += [each.body for each in OPERATIONS if each.body is not None]
    schemas, components = msgspec.json.schema_components(
        kinds, ref_template="#/components/schemas/{name}"
    )
    named = {repr(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        path = operation.path.replace(":str", "")
        paths.setdefault(path, {})[operation.verb.lower()] = _described(operation, named)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Pithead farm admin API",
                "version": "1",
                "description": "Calls faults down on the simulated machines of a farm: "
                + ", ".join(NAMES) + ". "
                "Shows what each of their chips does. Moments are unix seconds of farm time.",
            },
            "paths": paths,
            "components": {"schemas": components},
        }
    )  # fmt: skip


def _described(operation: Operation, named: dict[str, Any]) -> dict[str, Any]:
    kinds = {"name": {"type": "string"}, "fault": {"type": "integer"}}
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        answer["content"] = {"application/json": {"schema": named[repr(operation.answer)]}}
    statuses = {str(operation.status): answer}
    if "{" in operation.path:
        statuses["404"] = {"description": "No such machine, or no such fault.", "content": _TEXT}
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": schema}
            for name, schema in kinds.items()
            if f"{{{name}:" in operation.path
        ],
        "responses": statuses,
    }
    if operation.body is not None:
        schema = named[repr(operation.body)]
        described["requestBody"] = {
            "required": True, "content": {"application/json": {"schema": schema}}
        }  # fmt: skip
        for status, why in REFUSALS.items():
            statuses[status] = {"description": why, "content": _TEXT}
    return described
