"""The proof that every case can fail for its own reason: mutants, and what kills them.

A mutant is an endpoint with exactly one deliberate defect. Each is run against the cases that quote
a clause which it breaks. A case that kills none is of no use, and a mutant that nothing kills shows
a hole in the suite.
"""
