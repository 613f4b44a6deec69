"""JSON documents and lines, each a table of keys (``shape``) that prints it, describes it in ``docs/json.md`` and makes its
JSON Schema.
"""
