"""Settings for experts."""

from pithead.bos import advanced_settings as bos
from pithead.miner import advanced
from pithead.miner.miner import Miner


class AdvancedSettings(bos.AdvancedSettingsService):
    def __init__(self, miner: Miner) -> None:
        self._miner = miner

    async def get_settings_schema(
        self, request: bos.GetSettingsSchemaRequest
    ) -> bos.GetSettingsSchemaResponse:
        return bos.GetSettingsSchemaResponse(schema=advanced.schema())

    async def get_settings(self, request: bos.GetSettingsRequest) -> bos.GetSettingsResponse:
        kept = self._miner.settings.system.advanced
        return bos.GetSettingsResponse(
            settings=dict(advanced.effective(kept) if request.include_default else kept)
        )

    async def set_settings(self, request: bos.SetSettingsRequest) -> bos.SetSettingsResponse:
        changes = request.settings or {}
        kept = advanced.changed(self._miner.settings.system.advanced, changes)
        self._miner.change_system(advanced=kept)
        return bos.SetSettingsResponse(applied={name: kept.get(name) for name in changes})

    async def reset_all_settings(
        self, request: bos.ResetAllSettingsRequest
    ) -> bos.ResetAllSettingsResponse:
        self._miner.change_system(advanced={})
        return bos.ResetAllSettingsResponse(settings=dict(advanced.effective({})))
