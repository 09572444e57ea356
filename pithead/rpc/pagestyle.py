"""How pages of documentation look: quiet, in the reader's own fonts, by day and by night."""

STYLE = """
:root {
  color-scheme: light dark;
  --back: #fbfbf9; --raised: #ffffff; --ink: #1c2127; --faint: #5b6570; --line: #dcdfe3;
  --link: #0b5cad; --mark: #eef1f4;
  --get: #0f6b4b; --post: #0b5cad; --put: #8a4b00; --patch: #6a3fa0; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171b; --raised: #1b1f25; --ink: #e4e7eb; --faint: #9aa5b1; --line: #2f353d;
    --link: #7db7f5; --mark: #262c34;
    --get: #5fd3a3; --post: #7db7f5; --put: #eeb05f; --patch: #c3a1f0; --delete: #f2938b;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--back); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
code { font: 0.875em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--raised); padding: 0.5rem 1rem; z-index: 1; }
.frame { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1.25rem 3rem;
  border-right: 1px solid var(--line); font-size: 0.875rem; overflow-wrap: anywhere;
}
nav h2 {
  margin: 1.5rem 0 0.35rem; font-size: 0.75rem; letter-spacing: 0.06em;
  text-transform: uppercase; color: var(--faint);
}
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { margin: 0.2rem 0; }
nav a { color: inherit; }
nav li a { display: flex; align-items: baseline; }
nav .verb { flex: none; width: 5.2em; margin: 0; font-size: 0.65rem; }
main { max-width: 60rem; padding: 2rem 2.5rem 6rem; }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -0.015em; }
.lead { margin: 0.5rem 0 0; color: var(--faint); }
main h2 {
  margin: 3.5rem 0 1rem; padding-bottom: 0.4rem; border-bottom: 1px solid var(--line);
  font-size: 1.35rem; text-transform: capitalize;
}
article {
  margin: 1rem 0; padding: 1.1rem 1.35rem 1.25rem; background: var(--raised);
  border: 1px solid var(--line); border-radius: 10px;
}
article:target { border-color: var(--link); box-shadow: 0 0 0 1px var(--link); }
article h3 { margin: 0; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere; }
article h3 code { font-size: 0.95rem; }
article h3 a { color: inherit; }
article h4 { margin: 1.1rem 0 0.3rem; font-size: 0.8125rem; color: var(--faint); }
article p { margin: 0.4rem 0 0; }
article p + table, article h3 + table { margin-top: 0.6rem; }
.verb { font-weight: 700; font-size: 0.75rem; letter-spacing: 0.04em; margin-right: 0.6em; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); }
.patch { color: var(--patch); } .delete { color: var(--delete); }
.faint { color: var(--faint); font-size: 0.875rem; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
th, td {
  padding: 0.4rem 0.9rem 0.4rem 0; text-align: left; vertical-align: top;
  border-top: 1px solid var(--line); font-weight: normal; overflow-wrap: anywhere;
}
thead th {
  padding-top: 0.1rem; border-top: 0; overflow-wrap: normal; font-size: 0.75rem;
  color: var(--faint);
}
tbody th { width: 28%; }
td:nth-child(2) { width: 32%; }
.answers tbody th { width: 6.5rem; }
.answers td:nth-child(2) { width: 40%; }
td code, p code { padding: 0.1em 0.3em; background: var(--mark); border-radius: 4px; }
.must { color: var(--delete); font-size: 0.75rem; margin-left: 0.4em; }
@media (max-width: 56rem) {
  .frame { display: block; }
  nav {
    position: static; height: auto; max-height: 35vh; border-right: 0;
    border-bottom: 1px solid var(--line);
  }
  main { padding: 1.5rem 1.1rem 4rem; }
}
@media print { nav, .skip { display: none; } article { break-inside: avoid; } }
"""
