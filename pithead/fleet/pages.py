"""The fleet's pages, as the dashboard's frame makes them. Pure."""

from pithead.dashboard.shell import Link, page

LINKS = (Link("/", "Machines"), Link("/docs", "API"))
FOOTER = (
    "Pithead fleet. Every number comes from the machines' own Braiins OS APIs; faults and chips of "
    "simulated machines from their farm."
)


def fleet_pages() -> dict[str, bytes]:
    """By path; a machine's page is the same for all of them."""
    return {
        "/": page("Fleet", "Pithead fleet", LINKS, "/", "fleet.html", "fleet.js", FOOTER),
        "/machine/{machine}": page(
            "Machine", "Pithead fleet", LINKS, "/machine", "fleet-machine.html",
            "fleet-machine.js", FOOTER,
        ),
    }  # fmt: skip
