"""The audience store: columns, tag bits and an order log in memory-mapped files, counted without the database.

PostgreSQL holds the truth; these files follow it through the inbox ``segments`` and can be thrown away at any time.
Member ``id`` is position ``id - 1`` everywhere. See docs/adr for why.
"""
