"""Where services will publish and consume by the names in the topology file. It is empty: its own milestone brings it.

It will be light to import (neither typer, rich, deepdiff nor jsonschema) and bind to what the file declares, never create it.
"""
