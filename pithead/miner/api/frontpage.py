"""What a browser sees that opens a machine's own address: what it is and does, and where its API is
described. Pure.

The page is whole in itself: `POLICY` lets it load nothing, and there is no script. What it tells
without a login is what port 4028 of such machines tells everybody, and no more. Clients recognise a
machine by the two words `Braiins OS` on it.
"""

import base64
import hashlib
from datetime import UTC, datetime

from pithead.miner.condition import Cause, Condition, Phase
from pithead.miner.snapshot import Snapshot
from pithead.rpc.markup import Html, joined, tag

STYLE = """
:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f6f8, #0f1318); --surface: light-dark(#ffffff, #171c23);
  --ink: light-dark(#17202b, #e6eaf0); --muted: light-dark(#566171, #9ba7b6);
  --line: light-dark(#dce1e8, #2b333e); --accent: light-dark(#0b5cb8, #74b4ff);
  --good: light-dark(#12693c, #62d196); --warn: light-dark(#8a5000, #f0b862);
  --bad: light-dark(#b0231b, #ff938a);
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; background: var(--ground); color: var(--ink);
}
* { box-sizing: border-box; }
body { margin: 0; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1rem; display: grid; gap: 1rem; }
h1 { margin: 0; font-size: 1.35rem; line-height: 1.2; }
h2 { margin: 0 0 .7rem; font-size: 1rem; }
p { margin: 0; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.muted { color: var(--muted); font-size: .85rem; }
.title { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .7rem; }
.badge {
  padding: .05rem .5rem; border: 1px solid currentcolor; border-radius: 99px; font-size: .8rem;
  color: var(--muted);
}
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1px; margin: 0;
  overflow: hidden; background: var(--line); border: 1px solid var(--line); border-radius: 8px;
}
.tiles > div { padding: .7rem .9rem .75rem; background: var(--surface); }
dt { color: var(--muted); }
.tiles dt { font-size: .82rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.tiles dd { margin-top: .1rem; font-size: 1.3rem; font-weight: 620; }
section {
  padding: .9rem 1rem 1rem; background: var(--surface); border: 1px solid var(--line);
  border-radius: 8px;
}
.facts { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .35rem 1rem; margin: 0; }
.facts dd { text-align: right; }
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of the page."""

NO_ICON = "data:,"
"""So that no browser asks the machine for one."""
NOTHING = "–"

_MINING: dict[Phase, tuple[str, str]] = {
    Phase.RUNNING: ("mining", "good"),
    Phase.STARTING: ("starting", "warn"),
    Phase.STOPPING: ("stopping", "warn"),
    Phase.STOPPED: ("stopped", "bad"),
}
_PLAIN = frozenset({Cause.NONE, Cause.NORMAL, Cause.UNSPECIFIED})


def front_page(seen: Snapshot, docs_path: str, document_path: str) -> bytes:
    """`docs_path` is where the API is described for people, `document_path` for programs."""
    name = seen.identity.hostname
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{name} – {seen.model.name}"),
        tag("link", rel="icon", href=NO_ICON),
        tag("style", Html(STYLE)),
    )
    main = tag(
        "main",
        tag("div", tag("div", tag("h1", name), _state(seen.condition), class_="title"),
            tag("p", f"{seen.model.name}. A Pithead miner, compatible with Braiins OS.",
                class_="muted")),
        tag("dl", *_tiles(seen), class_="tiles"),
        tag("section", tag("h2", "Machine"), tag("dl", *_facts(seen), class_="facts")),
        tag("section", tag("h2", "API"),
            tag("p", "Described ", tag("a", "for people", href=docs_path), " and ",
                tag("a", "for programs", href=document_path), ".")),
        tag("p", f"As of {_moment(seen.at)} by the machine’s clock. Load the page again for later "
            "figures.", class_="muted"),
    )  # fmt: skip
    body = tag("body", main)
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n".encode()


def _state(condition: Condition) -> Html:
    """What it does, and why where that is not plain."""
    verdict = condition.verdict
    word, kind = _MINING[condition.phase]
    why = "" if verdict.cause in _PLAIN else verdict.cause.name.lower().replace("_", " ")
    if verdict.is_restricted:
        why = "without a licence"
    words = ": ".join(part for part in (word, why, verdict.message) if part)
    return tag("span", words, class_=f"badge {kind}")


def _tiles(seen: Snapshot) -> list[Html]:
    chip, efficiency = seen.highest_chip_temp_c, seen.efficiency_j_per_th
    shown = (
        ("Hashrate, 5 minutes", _rate(seen.real.last_5m)),
        ("Power", f"{seen.consumption_w:,} W" if seen.consumption_w else NOTHING),
        ("Efficiency", NOTHING if efficiency is None else f"{efficiency:.1f} J/TH"),
        ("Hottest chip", NOTHING if chip is None else f"{chip:.1f} °C"),
    )
    return [tag("div", tag("dt", name), tag("dd", value)) for name, value in shown]


def _facts(seen: Snapshot) -> list[Html]:
    chips = sum(board.chips for board in seen.boards)
    fans = ", ".join(f"{fan.rpm:,}" for fan in seen.fans)
    shown = (
        ("Firmware", seen.bos_version.current),
        ("MAC address", seen.identity.mac_address),
        ("Boards", f"{len(seen.boards)} with {chips:,} chips that answer"),
        ("Fans", f"{fans} rpm" if fans else "none"),
        ("Up for", _duration(seen.system_uptime_s)),
    )
    return [joined(tag("dt", name), tag("dd", value)) for name, value in shown]


def _rate(hashes: float) -> str:
    """With the prefix that suits its size."""
    for prefix in ("", "k", "M", "G", "T"):
        if hashes < 999.5:
            return f"{hashes:.1f} {prefix}H/s"
        hashes /= 1000
    return f"{hashes:.2f} PH/s"


def _duration(seconds: int) -> str:
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
