#!/usr/bin/env bash
# What comes with gdmpi is right: configs/reference.ini and the tables in README.md are what the program says, and the
# other configurations run.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

# The settings, as --help prints them.
ranks 1 --help
sed '1,/^Settings, as in a configuration file/d' out.run | sed 1d >reference.ini
if ! diff "$root/configs/reference.ini" reference.ini; then
    failed "configs/reference.ini is not what gdmpi --help prints; make it anew with
    build/gdmpi --help | sed '1,/^Settings, as in a/d' | sed 1d >configs/reference.ini"
fi

# The methods, likewise.
export GDMPI=$gdmpi
"$root/scripts/methods" --check || failed 'the tables in README.md are not what gdmpi --help lists; scripts/methods makes them anew'

# Each schedule has its line in the table of deviations.
(cd "$build" && "$root/scripts/deviations" tests/schedule/schedule_test) >deviations || failed 'a deviation is too large'
for name in warm-up $(names Schedules); do
    grep -Eq "^  $name +PyTorch's [A-Za-z]+ +[0-9.]+e[-+][0-9]+\$" deviations ||
        failed "scripts/deviations has no line for $name"
done

for kind in linear spirals; do
    "$root/scripts/make-data" $kind "$kind.h5" >/dev/null || failed "scripts/make-data $kind"
done
"$make_data" images images.h5 600 100 || failed 'images'

# data_for CONFIG: the file to use in the place of its data.
data_for() {
    case $1 in
        *linear*) echo linear.h5 ;;
        *spirals*) echo spirals.h5 ;;
        *) echo images.h5 ;;
    esac
}

for config in "$root"/configs/*.ini; do
    [ "$config" != "$root/configs/reference.ini" ] || continue
    ranks 1 check "$config" data.file="$(data_for "$config")"
done
ranks 2 check "$root/configs/reference.ini" data.file=spirals.h5 'model.layers=dense 3' model.loss=cross_entropy

# last KEY: of the last line of the log of the last run.
last() {
    sed -n '$ s/.*"'"$1"'": \([^,}]*\).*/\1/p' run/metrics.jsonl
}

# within WHAT LOW VALUE HIGH
within() {
    awk -v low="$2" -v value="$3" -v high="$4" 'BEGIN { exit !(value != "" && value >= low && value <= high) }' ||
        failed "$1 is '$3', not from $2 to $4"
}

# The resolved configuration of a run is one itself, and makes the same run.
makes_the_same_run() {
    rm -rf again
    digest run >before
    ranks 1 run/config.ini run.dir=again
    digest again | diff before - || failed "$1: config.ini of a run makes another run"
}

# The noise of the linear data has a deviation of 0.1.
ranks 2 "$root/configs/linear.ini" data.file=linear.h5 run.dir=run
within 'val_rmse of linear.ini' 0.08 "$(last val_rmse)" 0.12
makes_the_same_run linear
rm -rf run
ranks 2 "$root/configs/spirals.ini" data.file=spirals.h5 run.dir=run train.epochs=20
within 'val_accuracy of spirals.ini' 0.95 "$(last val_accuracy)" 1
makes_the_same_run spirals
finish
