"""The library's codec under a coverage-guided fuzzer, judged by the tester's own codec."""
