#!/usr/bin/env bash
# configs/reference.ini, the tables in README.md and the config.ini of a run are what the program says. (The examples in
# configs are run by configs_test.sh.)
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

# The resolved configuration of a run is one itself, and makes the same run.
"$root/scripts/make-data" spirals data/spirals.h5 >out.data || failed 'scripts/make-data spirals'
ranks 2 "$root/configs/spirals.ini" run.dir=run train.epochs=5
digest run >before
ranks 1 run/config.ini run.dir=again
digest again | diff before - || failed 'config.ini of a run makes another run'
finish
