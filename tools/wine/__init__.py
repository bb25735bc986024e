"""Windows' own CPython on Linux: made from packages, run by wine, tested and paired with ours."""
