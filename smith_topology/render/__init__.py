"""What the user reads: plans, drift, outcomes and diagnostics as text, JSON, NDJSON, Markdown and metrics.

``formats`` says which function writes which view in which format. Every function returns text, without a final newline; nothing
here prints, reads a clock or knows a terminal. Colours, width and time are passed in as a ``text.Look``.
"""
