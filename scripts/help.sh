# What scripts/manual and scripts/completion read: the tables of the program, as its help lists them.
# shellcheck shell=bash

# shellcheck source=scripts/usage.sh
. "$(dirname "${BASH_SOURCE[0]}")/usage.sh"
# shellcheck disable=SC2119 # the script's own words
[ $# = 0 ] || unknown "$1"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# One rank, whose own helper of MPI's is not needed; MPI's leaks are of no interest.
export OMPI_MCA_ess_singleton_isolated=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

# help_of WORD...: gdmpi WORD... --help.
# shellcheck disable=SC2120 # also without a word
help_of() {
    "${GDMPI:-$root/build/gdmpi}" "$@" --help
}

# shellcheck disable=SC2119
help=$(help_of)
[ -n "$help" ]

# help_part FROM [TO]: the lines of the help behind that with FROM, and before the next with TO.
help_part() {
    awk -v from="$1" -v to="${2-}" 'to != "" && $0 ~ to { told = 0 } told { print } $0 ~ from { told = 1 }' <<<"$help"
}

# Of each command, the line "gdmpi WORD ..."; the main job has no word.
usages() {
    help_part '^Usage:' '^$' | sed -n '/ gdmpi \(COMMAND\|--help\)/!s/^  gdmpi /gdmpi /p'
}

# What to put behind gdmpi for the help of each command.
commands() {
    usages | awk '{ print $2 }'
}
