"""How the tables came to be what they are, step by step, so that no database is left behind.

To change a table:

1. change it in `pithead.pool.schema`;
2. add `versions/vNNNN_words.py` with the next number, whose `upgrade` makes the same change with
   `op` (see https://alembic.sqlalchemy.org), for SQLite and PostgreSQL alike;
3. set `HEAD` to that number; the tests hold the steps and the schema against each other.

A new database is made from the schema at once; the steps are for those that are older.
"""

HEAD = "0010"
"""The last step. Kept here as well so that opening a database need not load alembic."""
