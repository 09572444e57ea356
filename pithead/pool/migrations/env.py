"""What alembic runs: the steps, on the connection that it was given."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # SQLite can, if told to begin; all steps happen or none
)
with context.begin_transaction():
    context.run_migrations()
