"""Which stages a change takes. Each rule splits a stage in two where the server, or a publisher, needs it; a rule per file."""
