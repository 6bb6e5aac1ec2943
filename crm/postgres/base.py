"""Django's backend for Postgres, but that it need not ask whether a connection at rest is still there."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg2 import InterfaceError
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

# In a transaction that has failed the server refuses everything, as it would Django's question.
_USABLE = {TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS}


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the server would answer. From a connection that it has closed something can be read: the end.

        Django sends `SELECT 1` instead, a round trip for each request. A server that vanished without a word, both
        find out about only when it does not answer.
        """
        try:
            at_rest = select.poll()
            at_rest.register(self.connection.fileno(), select.POLLIN)
        except InterfaceError:
            return False
        return self.connection.get_transaction_status() in _USABLE and not at_rest.poll(0)
