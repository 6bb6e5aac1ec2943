"""What it means when the database does not do what a request asked: it is away, or it gave this request up."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError, connection

# SQLSTATEs: lock not available, deadlock, serialization failure.
LOCK_NOT_AVAILABLE = "55P03"
IN_EACH_OTHERS_WAY = {LOCK_NOT_AVAILABLE, "40P01", "40001"}
# Query cancelled (statement_timeout), idle in transaction for too long, transaction_timeout.
OUT_OF_TIME = {"57014", "25P03", "25P04"}


def is_the_databases(error: BaseException | None) -> bool:
    """Whether the request failed for the database, and not by a mistake of ours."""
    return isinstance(error, OperationalError | InterfaceError)


def is_in_the_way(error: BaseException | None) -> bool:
    """Whether another request was changing the same thing."""
    return is_the_databases(error) and _sqlstate(error) in IN_EACH_OTHERS_WAY


def is_given_up(error: BaseException | None) -> bool:
    """Whether the database is there, and gave up on the transaction: it took too long.

    A transaction_timeout ends the connection, and psycopg2 tells no SQLSTATE of it. An error without one in
    mid-transaction is taken for that; if it was the database that ended, the next request will say so.
    """
    if not is_the_databases(error):
        return False
    state = _sqlstate(error)
    is_cut_off = not state and connection.in_atomic_block and connection.connection is not None
    return state in OUT_OF_TIME or is_cut_off


def _sqlstate(error: BaseException | None) -> str:
    return getattr(error.__cause__, "pgcode", None) or "" if error else ""
