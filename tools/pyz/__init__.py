"""Builds the harness as one file that runs on a machine which has only Python."""
