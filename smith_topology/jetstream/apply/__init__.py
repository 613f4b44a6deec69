"""Plan → server: carries the steps out in order, reads everything back, and reports how each ended."""
