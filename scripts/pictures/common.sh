# What scripts/plot, scripts/report and scripts/gallery share. They set
#   here   the folder that they are in
# and it makes
#   work   a folder for their files, which is removed at the end
# shellcheck shell=bash
export LC_ALL=C # awk counts bytes
unset CDPATH
: "${here:?}"
# shellcheck source=scripts/usage.sh
. "$here/usage.sh"
pictures=$here/pictures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# need PACKAGE COMMAND...: Debian's packages of these commands; they are installed where `install` is yes.
need() {
    if [ "${install-}" = yes ]; then
        (
            # shellcheck disable=SC2034 # read by setup.sh
            steps=1
            # shellcheck source=scripts/setup.sh
            . "$here/setup.sh"
            # shellcheck disable=SC2034
            requirements=$(printf '%s command %s\n' "$@")
            cd "$work" && setup_packages >&2
        ) || exit
    fi
    while [ $# -gt 0 ]; do
        command -v "$2" >/dev/null ||
            fail 1 "there is no $2; Debian's package is $1, and $PROGRAM --install installs it"
        shift 2
    done
}

# A name as it can be printed: one line, of UTF-8.
printable() {
    printf '%s' "${1//[[:cntrl:]]/ }" | iconv -f UTF-8 -t UTF-8 -c
}

check_run() {
    [ -d "$1" ] || fail 2 "$1: no such folder; give the folder of a run (run.dir)"
    [ -r "$1/metrics.jsonl" ] || fail 2 "$1/metrics.jsonl: cannot be read; is $1 the folder of a run (run.dir)?"
}

check_output() {
    [ -d "$(dirname -- "$1")" ] || fail 2 "$1: cannot be written: there is no folder $(dirname -- "$1")"
}

# in_order: the panels as they are to stand in pictures.
in_order() {
    awk -F '\t' '{
        print ($1 ~ /^time/ ? 5 : $1 ~ /norm$/ ? 4 : $1 ~ /rate$/ ? 3 : $1 ~ /^val/ && $1 !~ /loss$/ ? 2 : 1) "\t" $0
    }' | sort -s -n -k 1,1 | cut -f 2-
}

# points RUN...: what there is to draw, as curves.awk says.
points() {
    local colour=0 run name
    RUN_COUNT=$# RUN_UNIT=step
    for run; do
        check_run "$run"
        if grep -q '"event": "epoch"' "$run/metrics.jsonl"; then
            RUN_UNIT=epoch
        fi
    done
    export RUN_COUNT RUN_UNIT
    for run; do
        colour=$((colour + 1))
        name=$(cd -- "$run" && basename "$PWD") || exit
        RUN_NAME=$(printable "$name") RUN_FILE=$run/metrics.jsonl RUN_COLOUR=$colour \
            awk -f "$pictures/log.awk" -f "$pictures/curves.awk" <"$run/metrics.jsonl" || exit
    done >"$work/runs"
    in_order <"$work/runs" >"$work/points"
}

# draw TYPE OUTPUT: COMMANDS, whose first line is the height, as a picture of width WIDTH.
draw() {
    local height terminal
    height=$(head -n 1 "$work/commands")
    case $1 in
        png) terminal="pngcairo size $((2 * WIDTH)),$((2 * height)) font 'Sans,9' fontscale 2 linewidth 2 pointscale 2" ;;
        svg) terminal="svg dynamic size $WIDTH,$height font 'Sans,12' background '#ffffff'" ;;
    esac
    {
        echo "set terminal $terminal noenhanced rounded"
        echo "STYLE = system('printf %s \"\$STYLE\"')"
        sed 1d "$work/commands"
    } >"$work/script"
    LC_ALL=C.UTF-8 STYLE=$pictures/style.gp gnuplot "$work/script" >"$work/picture" || fail 1 'gnuplot failed'
    if [ "$1" = svg ]; then
        perl "$pictures/tidy.pl" <"$work/picture" >"$work/tidy" && mv "$work/tidy" "$work/picture" || exit
    fi
    cp -- "$work/picture" "$2" || exit
}
