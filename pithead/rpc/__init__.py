"""Turns a contract into REST, gRPC and OpenAPI; knows no mining."""
