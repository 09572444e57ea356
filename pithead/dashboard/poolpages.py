"""The pages on the port of the pool's web API, and those on the port of its admin API. Pure."""

from pithead.dashboard.shell import Link, page

POOL_LINKS = (Link("/", "Pool"), Link("/me", "Account"), Link("/docs", "API"))
POOL_FOOTER = "Times are those of your browser, days are UTC."


def pool_pages() -> dict[str, bytes]:
    """The pool, for everybody, and an account, for whoever signs in to it."""
    return {
        "/": page("Pithead pool", "Pithead", POOL_LINKS, "/", "pool.html", "pool.js", POOL_FOOTER),
        "/me": page(
            "My account at Pithead", "Pithead", POOL_LINKS, "/me", "me.html", "me.js", POOL_FOOTER
        ),
    }


def public_pages() -> dict[str, bytes]:
    """The pool alone, where nobody can sign in."""
    links = tuple(link for link in POOL_LINKS if link.path != "/me")
    return {
        "/": page("Pithead pool", "Pithead", links, "/", "pool.html", "pool.js", POOL_FOOTER),
    }


def operator_pages() -> dict[str, bytes]:
    """For those who run the pool; whoever opens it gives a token first."""
    links = (Link("/", "Operator"), Link("/docs", "API"))
    return {
        "/": page(
            "Pithead operator", "Pithead", links, "/", "operator.html", "operator.js", POOL_FOOTER
        ),
    }
