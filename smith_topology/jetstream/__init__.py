"""Asks and tells the server: the only place where ``$JS.API`` is sent."""
