"""The HTML report: a static site that shows a run to people, from a folder and without a network.

Everything that comes from a peer is untrusted: the templates escape it, the script sets it as
text, and characters that do not show are spelled out.
"""
