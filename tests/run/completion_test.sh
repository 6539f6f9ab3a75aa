#!/usr/bin/env bash
# bash completes commands, options, files of the right ending, settings and their choices.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"
export LC_ALL=C
completion=$build/scripts/completions/gdmpi
[ -e "$completion" ] || { echo 'no completion: gdmpi was built for another machine' && exit 77; }
GDMPI=$gdmpi "$root/scripts/completion" | diff "$completion" - || failed 'it is not what scripts/completion makes'
# shellcheck disable=SC1090
. "$completion"
[[ $(complete -p gdmpi) == *'-F _gdmpi gdmpi' ]] || failed 'it is not registered'

mkdir data configs
touch run.ini a.h5 'my file.h5' data/b.h5 table.csv README

# offers LINE WORD...: what is offered at the end of a line, sorted.
offers() {
    local line=$1 offered
    shift
    COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
    _gdmpi gdmpi
    offered=$(printf '%s\n' "${COMPREPLY[@]}" | sort)
    [ "$offered" = "$(printf '%s\n' "$@" | sort)" ] || failed "after '$line' is offered: ${COMPREPLY[*]}"
}

# Every command and option, also those to come; --help and --quiet are options of each.
"$gdmpi" --help >help
mapfile -t commands < <(help_commands)
offers 'gdmpi ' "${commands[@]}" configs data run.ini
for command in "${commands[@]}"; do
    mapfile -t options < <("$gdmpi" "$command" --help | sed -n '/^Options/,$ s/^  \(-[^ ]*\).*/\1/p')
    [[ " ${options[*]} " == *' --quiet --help ' ]] || failed "the help of $command lacks --quiet or --help"
    offers "gdmpi $command -" "${options[@]}"
    offers "gdmpi --quiet $command -" "${options[@]}"
done
offers 'gdmpi --' --help --quiet --version
offers 'gdmpi --help ' "${commands[@]}"
offers 'gdmpi gradc' gradcheck

# Files.
offers 'gdmpi check ' configs data run.ini
offers 'gdmpi predict ' a.h5 configs data 'my file.h5'
offers 'gdmpi evaluate a.h5 data/' data/b.h5
offers 'gdmpi evaluate my\ ' 'my file.h5'
offers 'gdmpi predict a.h5 a.h5 -o m' 'my file.h5'
offers 'gdmpi diff a.h5 a.h5 ' ''
offers 'gdmpi import csv t' table.csv

# Words.
offers 'gdmpi import ' csv idx libsvm npy
offers 'gdmpi import csv table.csv --missing ' drop error mean
offers 'gdmpi import csv table.csv --seed ' ''

# Settings; what readline takes for a word begins behind a =.
offers 'gdmpi run.ini s' schedule. stop.
offers 'gdmpi run.ini optimizer.l' optimizer.l1= optimizer.l2= optimizer.lr=
offers 'gdmpi gradcheck run.ini train.epochs=3 train.pr' train.precision=
offers 'gdmpi run.ini train.precision=' double single
offers 'gdmpi run.ini train.epochs=' ''
offers 'gdmpi run.ini data.file=d' data
offers 'gdmpi run.ini data.file=data/' data/b.h5
COMP_WORDBREAKS=${COMP_WORDBREAKS//=/}
offers 'gdmpi run.ini optimizer.name=nes' optimizer.name=nesterov
while read -r section key _; do
    COMP_LINE="gdmpi run.ini $section.$key" COMP_POINT=${#COMP_LINE} COMPREPLY=()
    _gdmpi gdmpi
    [[ " ${COMPREPLY[*]} " == *" $section.$key= "* ]] || failed "$section.$key is not offered"
done < <(help_settings | sort -u)
finish
