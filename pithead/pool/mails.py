"""What an e-mail says: the notice as a webhook gets it, for people."""

import json

MOST_LINES = 60


def text_of(subject: str, body: str) -> str:
    """Plain text. `body` is the JSON of a notice."""
    notice = json.loads(body)
    workers = notice.get("workers", [])
    lines = [subject, ""]
    lines += [
        f"{each['worker']}: {each['before']} -> {each['after']}" for each in workers[:MOST_LINES]
    ]
    if len(workers) > MOST_LINES or notice.get("more"):
        lines.append(f"and {len(workers) - MOST_LINES + notice.get('more', 0)} more")
    lines += [
        f"{name}: {value}"
        for name, value in notice.items()
        if name not in ("id", "workers", "more", "kind")
    ]
    return "\n".join(lines) + "\n"
