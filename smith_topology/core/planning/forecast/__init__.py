"""What a change costs in data: what to ask of the server first (``questions``), the effects (``forecast``), and what
of them binds apply (``approved_loss``).
"""
