"""Which stage waits for which, and why."""
