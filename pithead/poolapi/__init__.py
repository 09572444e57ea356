"""The Braiins Pool web API over a pool's readings.

contract   what every answer looks like and where it is found: the one definition
settings   what an operator may set
figures    readings in the pool's units become the API's numbers (pure)
dates      which days a question is about (pure)
service    readings become answers
tokens     who asks
kept       big answers, for a moment (pure)
limits     how often (pure)
openapi    the contract as a document (pure)
app        HTTP: the only module that knows of Starlette
"""
