"""Topology × Live → Changes: what differs, who owns it, and which of it a run is about."""
