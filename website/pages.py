"""Pages of the site that are made when it is built: the references of the APIs, the changelog."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from pithead.farm import admin_document
from pithead.miner.api import app as machine
from pithead.pooladmin import document as admin
from pithead.poolapi import openapi as pool
from pithead.rpc import pages
from pithead.selfservice import document as account

ROOT = Path(__file__).parents[1]

INTRODUCTIONS = {
    "pool": "What a user of the pool asks, compatible with the Braiins Pool web API. A running "
    "pool serves this page at `/docs` and the document at `/openapi.json`.",
    "machine": "What a machine answers over REST, compatible with the Braiins OS Public REST API. "
    "A machine serves this page at `/api/v1/docs` and the document at `/api/v1/docs/openapi.json`. "
    "The same operations are on gRPC, with reflection.",
    "admin": "For those who run the pool. A port of its own serves `/docs` and `/openapi.json`.",
    "account": "What the page of an account at the pool asks. A running pool serves this page at "
    "`/api/v1/me/docs` and the document at `/api/v1/me/openapi.json`.",
    "farm": "Calls faults down on simulated machines. Its address is in `farm.json`.",
}


def documents() -> Mapping[str, bytes]:
    """The OpenAPI documents that a running program serves, by name."""
    return {
        "pool": pool.document(),
        "machine": machine.rest_document(),
        "account": account.document(),
        "admin": admin.document(),
        "farm": admin_document.document(),
    }


def reference(name: str, document: bytes) -> str:
    """The page the program serves, without its own frame."""
    described: dict[str, Any] = msgspec.json.decode(document)
    page = pages.page(described, f"{name}.openapi.json").decode()
    found = re.search(r"<main[^>]*>(.*)</main>", page, re.DOTALL)
    assert found is not None
    content = re.sub(r"<h1>.*?</h1>", "", found[1], count=1, flags=re.DOTALL)
    text = f"# {described['info']['title']}\n\n{INTRODUCTIONS[name]}\n\n"
    text += f"[The OpenAPI document]({name}.openapi.json)\n\n"
    return text + '<div class="api">\n' + re.sub(r"\n\s*\n", "\n", content) + "\n</div>\n"


def changelog() -> str:
    return (ROOT / "CHANGELOG.md").read_text().replace("](docs/", "](")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Pages that the menu does not name are at its end."""
    named = (ROOT / "mkdocs.yml").read_text()
    docs = Path(config.docs_dir)
    written = sorted(path.relative_to(docs).as_posix() for path in docs.rglob("*.md"))
    more = [name for name in written if f" {name}" not in named]
    if more and config.nav is not None:
        config.nav.append({"More": more})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for name, document in documents().items():
        files.append(File.generated(config, f"api/{name}.md", content=reference(name, document)))
        files.append(File.generated(config, f"api/{name}.openapi.json", content=document))
    files.append(File.generated(config, "changelog.md", content=changelog()))
    return files
