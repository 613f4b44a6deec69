"""YAML text → Topology and Diagnostics, every node knowing its place.

``encoding`` bytes to text · ``document`` text to nodes · ``scalars``, ``values`` nodes to wire values by the type of the
field · ``places`` where a field is written · ``file`` one file · ``topology`` several files to one topology · ``report``
what is wrong, and where.
"""
