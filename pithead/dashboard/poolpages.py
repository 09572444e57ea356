"""The pages on the port of the pool's web API, and those on the port of its admin API. Pure."""

from pithead.dashboard.shell import Link, page

POOL_LINKS = (Link("/", "Pool"), Link("/docs", "API"))
POOL_FOOTER = "Times are those of your browser, days are UTC."


def pool_pages() -> dict[str, bytes]:
    """For everybody: the pool."""
    return {
        "/": page("Pithead pool", "Pithead", POOL_LINKS, "/", "pool.html", "pool.js", POOL_FOOTER),
    }


def operator_pages() -> dict[str, bytes]:
    """For those who run the pool; whoever opens it gives a token first."""
    links = (Link("/", "Operator"), Link("/docs", "API"))
    return {
        "/": page(
            "Pithead operator", "Pithead", links, "/", "operator.html", "operator.js", POOL_FOOTER
        ),
    }
