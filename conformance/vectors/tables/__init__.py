"""The hand-laid octets behind the vectors: one module for each file that generate.py writes."""
