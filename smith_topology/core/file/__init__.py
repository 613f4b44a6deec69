"""YAML text → Topology and Diagnostics. Every node has its file, line and column.

``encoding`` bytes to text · ``document`` text to nodes, ``syntax`` what is no YAML · ``scalars``, ``values`` nodes to wire values
by the type of the field · ``written`` the way back · ``keys`` the keys that are no fields of JetStream · ``reader`` one file ·
``topology`` several files to one topology · ``places`` where a field is written · ``report`` what is wrong, and where ·
``suggest`` words for messages · ``json_schema`` the same tables for editors.
"""
