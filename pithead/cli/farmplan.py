"""Which farm is asked for: so many machines, or those of a scenario."""

from dataclasses import dataclass
from pathlib import Path

from pithead.cli.config import ConfigError
from pithead.cli.machines import Place, place_scenario, plan_farm
from pithead.cli.machinesections import FarmSection
from pithead.farm.scenario import Scenario, ScenarioError, read_scenario


@dataclass(frozen=True, slots=True)
class FarmPlan:
    section: FarmSection
    scenario: Scenario | None

    @property
    def users(self) -> tuple[str, ...]:
        """The accounts mined for, each once."""
        if self.scenario is not None:
            return self.scenario.users
        return tuple(dict.fromkeys(self.section.users))

    def places(self, pool_url: str) -> list[Place]:
        """The machines; they mine at this pool at first."""
        section = self.section
        if self.scenario is not None:
            return place_scenario(self.scenario.machines, section.first_address, pool_url)
        return plan_farm(
            section.miners, section.models, section.users, section.first_address, pool_url
        )


def plan_of(section: FarmSection) -> FarmPlan:
    """Reads the scenario, if one is named. Raises ConfigError."""
    if not section.scenario:
        return FarmPlan(section, None)
    try:
        return FarmPlan(section, read_scenario(Path(section.scenario).read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{section.scenario}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{section.scenario}: is not text in UTF-8") from error
    except ScenarioError as error:
        raise ConfigError(f"{section.scenario}: {error}") from error
