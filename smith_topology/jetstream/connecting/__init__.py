"""Options, environment and contexts → an open connection, or the one error that says why there is none.

The runtime may import this package, and nothing else of ``jetstream``.
"""
