"""What the user reads: plans, drift, outcomes and diagnostics as text, JSON, NDJSON, Markdown and metrics.

Every function returns text (without a final newline) or an iterator of lines; nothing here prints, reads a
clock or knows a terminal. Whether there is colour is the caller's decision, passed in as a ``text.Style``.
"""
