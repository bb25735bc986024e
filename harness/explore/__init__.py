"""Stateful generation: programs of two peers, a model of what must be observed, and the search."""
