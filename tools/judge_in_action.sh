#!/usr/bin/env bash
# The work of action.yml: judges the caller's implementation, says so in the outputs and on the
# summary page, and ends as the run ended.
set -euo pipefail

results=${RUNNER_TEMP:?}/stockings.jsonl
"${PYTHON:?}" -m venv "$RUNNER_TEMP/stockings-venv"
python=$RUNNER_TEMP/stockings-venv/bin/python
[ -x "$python" ] || python=$RUNNER_TEMP/stockings-venv/Scripts/python
"$python" -m pip install --quiet -r "${CHECKOUT:?}/harness/requirements.txt"

absolute() {
    case $1 in
        /* | [A-Za-z]:*) echo "$1" ;;
        *) echo "$PWD/$1" ;;
    esac
}
arguments=(--peers "$(absolute "${PEERS:?}")" --peer "${PEER:?}" --with 'reference@*' --results "$results")
if [ -n "${KNOWN_FAILING:-}" ]; then
    arguments+=(--known-failing "$(absolute "$KNOWN_FAILING")")
fi
code=0
# The harness runs from its checkout; what the caller named is seen from where the caller is.
cd "$CHECKOUT"
NO_COLOR=1 "$python" -m harness run "${arguments[@]}" 2>&1 | tee "$RUNNER_TEMP/stockings.txt" || code=$?

conforms=false
if [ "$code" = 0 ]; then conforms=true; fi
{
    echo "conforms=$conforms"
    echo "report=$results"
} >>"${GITHUB_OUTPUT:?}"
{
    if [ "$conforms" = true ]; then echo "## Conforms"; else echo "## Does not conform"; fi
    echo '```text'
    # The lines before these are one a case.
    tail -n 60 "$RUNNER_TEMP/stockings.txt"
    echo '```'
} >>"${GITHUB_STEP_SUMMARY:?}"
exit "$code"
