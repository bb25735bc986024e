"""The judge under test: every small change of the code that makes verdicts has to fail a test."""
