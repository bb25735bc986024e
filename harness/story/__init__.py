"""The wire log of one case: written, read again, told as a story, and asked whose fault it was.

`lines` are what a log file consists of, `logfile` writes and reads it, `gather` makes it of what a
case has left. `stream` knows where a direction stands after each octet, `blame` which of two peers
first broke a clause. `tell` and `where` are what the verb `explain` prints.
"""
