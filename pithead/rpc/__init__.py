"""Turns a contract into REST, gRPC and OpenAPI; knows no mining.

contract    messages, oneofs, operations, services: what is declared
errors      why an operation was not done, and its codes on each transport
shapes      what of a message stands in the body, the answer, the path and the query of REST
rest        a route per path: bodies checked, streams, errors as one sentence
openapi     the document of what is implemented
multipart, uploads    a form that is uploaded, as a stream of messages
"""
