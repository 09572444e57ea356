"""The API of those who run a pool: accounts, workers, notices, bans and how the pool is.

contract   what goes in and out, and the one table of operations
service    what each operation does
document   the table as an OpenAPI document (pure)
app        HTTP: tokens, bodies, status codes
"""
