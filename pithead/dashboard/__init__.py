"""Web pages that are clients of the HTTP APIs and nothing more.

`shell` makes the pages, `files` serves them and what they load; all else happens in the browser.
"""
