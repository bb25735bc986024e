"""Peers on another machine: they dial in, and from there on are peers like all others."""
