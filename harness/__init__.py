"""The Stockings conformance harness: it starts peers, runs cases against them and reports."""

#: Of the harness, not of the library: which judge gave a verdict.
__version__ = "1.0.0"
