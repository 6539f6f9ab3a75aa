# What scripts say of how they are called; sourced before they go elsewhere.
# shellcheck shell=bash

PROGRAM=scripts/$(basename "$0")
export PROGRAM
script=$(realpath -- "$0")

# usage CODE: the comment that the script begins with.
usage() {
    sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$script"
    exit "$1"
}

# fail CODE WHAT...
fail() {
    local code=$1
    shift
    printf '%s: %s\n' "$PROGRAM" "$*" >&2
    exit "$code"
}

# unknown WORD: of the command line, which may ask for help.
unknown() {
    case $1 in
        -h | --help) usage 0 ;;
        -*) fail 2 "unknown option '$1'; see $PROGRAM --help" ;;
        *) fail 2 "unknown argument '$1'; see $PROGRAM --help" ;;
    esac
}
