#!/usr/bin/env bash
# The seeds of fuzzing, and changed copies of them, through the readers.
. "${srcdir:-.}/tests/run/support.sh"

seeds=$root/tests/fuzz/seeds
fuzz=$build/tests/fuzz

# replay WHAT COPIES FILE...
replay() {
    local what=$1
    "$fuzz/replay_$what" "${@:2}" >out 2>&1 || { cat out && failed "$what"; }
}

replay config 50 "$seeds"/config/* "$root"/configs/*.ini
for what in data checkpoint idx import; do
    mkdir "$what"
    "$fuzz/make_seeds" "$what" "$what" || failed "seeds of $what"
    replay "$what" 20 "$what"/*
done
finish
