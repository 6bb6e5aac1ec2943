"""Postgres and Valkey out of wheels, for `./run up` and the tests. Standard library only; Linux only (ADR 0003)."""
