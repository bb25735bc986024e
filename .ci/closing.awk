# What the logs of tox say at their end, for a reader who sees only the end: of each environment that
# failed the last of its output, then pytest's closing line of every environment with the tests that
# failed. `awk -f .ci/closing.awk LOG…`.

# Enough for the verdicts and the replay commands at the end of a run, and little enough for several
# environments in a log of which only the end is kept.
BEGIN { kept = 40 }

match($0, /^[a-z0-9.-]+: (commands(_pre)?\[|[a-z_]+>)/) {
    name = substr($0, 1, index($0, ":") - 1)
    lines = 0
}
{ line[lines++ % kept] = $0 }
/^(FAILED|ERROR) / { closing = closing name ": " $0 "\n" }
/^=+ .*[0-9]+ (passed|failed|skipped|error).* in [0-9.]+ ?s.* =+$/ {
    closing = closing name "\n" $0 "\n"
}
match($0, /^[a-z0-9.-]+: (exit [0-9-]+ \(|failed with )/) {
    failed = substr($0, 1, index($0, ":") - 1)
    print failed " failed; the last of what it printed:"
    if (failed != name) { line[0] = $0; lines = 1 }  # it has not begun
    for (at = lines > kept ? lines - kept : 0; at < lines; at++)
        print "  " line[at % kept]
}
END { printf "%s", closing }
