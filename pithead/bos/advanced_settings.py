"""Settings for experts, described by a schema of their own."""

from typing import Annotated, Any

from pithead.rpc.contract import Http, Message, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class GetSettingsSchemaResponse(Message, frozen=True, kw_only=True):
    schema: Annotated[dict[str, Any] | None, wire(1)] = None


class GetSettingsRequest(Message, frozen=True, kw_only=True):
    include_default: Annotated[bool | None, wire(1, "bool")] = None


class GetSettingsResponse(Message, frozen=True, kw_only=True):
    settings: Annotated[dict[str, Any] | None, wire(1)] = None


class SetSettingsRequest(Message, frozen=True, kw_only=True):
    settings: Annotated[dict[str, Any] | None, wire(1)] = None


class SetSettingsResponse(Message, frozen=True, kw_only=True):
    applied: Annotated[dict[str, Any] | None, wire(1)] = None


class ResetAllSettingsResponse(Message, frozen=True, kw_only=True):
    settings: Annotated[dict[str, Any] | None, wire(1)] = None


class GetSettingsSchemaRequest(Message, frozen=True, kw_only=True):
    pass


class ResetAllSettingsRequest(Message, frozen=True, kw_only=True):
    pass


class AdvancedSettingsService(Service, name="braiins.bos.v1.AdvancedSettingsService"):
    @rpc(
        "GetSettingsSchema",
        Http("GET", "/advanced-settings/schema", "getAdvancedSettingsSchema", answer="schema"),
    )
    async def get_settings_schema(
        self, request: GetSettingsSchemaRequest
    ) -> GetSettingsSchemaResponse:
        """What can be set, as a JSON Schema."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "GetSettings",
        Http(
            "GET",
            "/advanced-settings/",
            "getAdvancedSettings",
            answer="settings",
            query=("include_default",),
        ),
    )
    async def get_settings(self, request: GetSettingsRequest) -> GetSettingsResponse:
        """The settings that differ from their defaults, or all."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetSettings",
        Http(
            "PATCH", "/advanced-settings/", "setAdvancedSettings", body="settings", answer="applied"
        ),
    )
    async def set_settings(self, request: SetSettingsRequest) -> SetSettingsResponse:
        """Change settings, all or none; null puts one back to its default."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "ResetAllSettings",
        Http("DELETE", "/advanced-settings/", "resetAllAdvancedSettings", answer="settings"),
    )
    async def reset_all_settings(
        self, request: ResetAllSettingsRequest
    ) -> ResetAllSettingsResponse:
        """Put all back to their defaults."""
        raise Unimplemented(NOT_HERE)
