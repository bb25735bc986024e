"""Reports: what a run has shown, for people and for other programs.

Every report is a pure function of a results file, so that it can be made again, elsewhere
and later, from that file alone.
"""
