#!/usr/bin/env bash
# The manual page has all that the help lists, and renders without complaints.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"
export GDMPI=$gdmpi
page=$build/scripts/gdmpi.1
[ -e "$page" ] || { echo 'no page: gdmpi was built for another machine' && exit 77; }

# has TEXT...: the page has this line, where - and ' are as roff has them.
has() {
    local line=${*//-/\\-}
    grep -qFx -- "${line//\'/\\(aq}" "$page" || failed "the page lacks: $*"
}

"$root/scripts/manual" >fresh || failed 'scripts/manual'
diff <(grep -v '^\.TH' "$page") <(grep -v '^\.TH' fresh) || failed 'the page is not what scripts/manual makes'

# Commands and their options; the formats of import.
"$gdmpi" --help >help
[ "$(help_commands | wc -l)" -ge 6 ] || failed 'the help has few commands'
for command in $(help_commands); do
    "$gdmpi" "$command" --help >"help.$command"
    grep -qF "\\fB${command//-/\\-}\\fR" "$page" || failed "the page lacks $command"
    sed -n '/^Options/,$ s/^  \(-[^ ]*\).*/\1/p' "help.$command" | sort >options
    while read -r option; do
        grep -qF -- "\\fB${option//-/\\-}\\fR" "$page" || failed "the page lacks $option"
    done <options
    # What a usage has is in the command's table, where completion finds it.
    sed -n '1 s/^  gdmpi *//p' "help.$command" | grep -oE '[ [](-[^] ]*)' | sed 's/.//' | sort | comm -23 - options >strays
    [ ! -s strays ] || failed "no row of a table of options has, of $command: $(paste -sd " " strays)"
done
formats=$(sed -n '/^Formats/,/^$/ s/^  \([a-z][a-z]*\) .*/\1/p' help.import | paste -sd '|')
grep -q "gdmpi import $formats " help || failed "the usage of import has other formats than $formats"

# Settings, methods and exit codes.
help_settings >settings
[ "$(wc -l <settings)" -gt 90 ] || failed 'the help has few settings'
while read -r _ key value; do
    has "\\fB$key\\fR =${value:+ \\fI$value\\fR}"
done <settings
sed -n '/^Layers/,/^Settings/ s/^  \([a-z][a-z_0-9]*\) .*/\1/p' help >methods
[ "$(wc -l <methods)" -gt 60 ] || failed 'the help has few methods'
while read -r method; do
    grep -q "^.fB$method\(.fR\| \)" "$page" || failed "the page lacks $method"
done <methods
sed -n '/^Exit codes/,/^$/ s/^  \([0-9]*\) .*/\1/p' help >codes
[ "$(wc -l <codes)" = 5 ] || failed 'the help has other exit codes'
while read -r code; do
    has "\\fB$code\\fR"
done <codes

# Variables of the environment: those that the program reads.
grep -rhoE 'getenv\("[A-Z0-9_a-z]*' "$root/src" | sed 's/.*"//' | sort -u >variables
[ -s variables ] || failed 'the program reads no variable at all'
while read -r variable; do
    has ".B $variable"
done <variables

# renders COMMAND...: without a word.
renders() {
    if command -v "$1" >/dev/null; then
        "$@" "$page" >complaints 2>&1 || true
        [ ! -s complaints ] || failed "$1: $(head -n 5 complaints)"
    fi
}
renders mandoc -T lint
renders groff -man -ww -Tutf8 -z
finish
