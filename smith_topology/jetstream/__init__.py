"""Reads and changes the server: the only package that sends to ``$JS.API``."""
