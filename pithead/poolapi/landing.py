"""The page at `/`: what this is, and where the answers are."""

from html import escape

from pithead.poolapi.endpoints import COINS, ENDPOINTS, GROUPS, OWN_ENDPOINTS
from pithead.poolapi.tokens import TOKEN_HEADERS

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Pithead pool</title>
<h1>Pithead pool</h1>
<p>This is the web API of a mining pool, with the answers of the Braiins Pool API.
Send the token of an access profile in the header <code>{header}</code>:</p>
<pre>curl -H "{header}: TOKEN" http://HOST:PORT{example}</pre>
<ul>
{endpoints}
</ul>
<p>All of it: <a href="/docs">for people</a>,
<a href="/openapi.json">for programs</a></p>
</html>
"""


def page() -> bytes:
    """The same for everybody: nothing of a request is in it."""
    items = []
    for endpoint in (*ENDPOINTS, *OWN_ENDPOINTS):
        path = endpoint.paths[0].format(coin=COINS[0], group=GROUPS[0], day="YYYY-MM-DD")
        dates = "?from=YYYY-MM-DD&to=YYYY-MM-DD" if endpoint.default_days else ""
        shown = f"<code>{path}{escape(dates)}</code>"
        if "{day}" not in endpoint.paths[0]:
            shown = f'<a href="{path}">{shown}</a>'
        items.append(f"<li>{shown}<br>{escape(endpoint.summary)}</li>")
    return _PAGE.format(
        header=TOKEN_HEADERS[0],
        example=f"/stats/json/{COINS[0]}/",
        endpoints="\n".join(items),
    ).encode()
