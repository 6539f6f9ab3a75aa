#!/usr/bin/env bash
# Each example of configs/ passes gdmpi check and gradcheck, runs, and comes to what its first lines say, on one rank as on
# more; data that scripts/make-data makes are made as they say. Of others, whose data are not here, a few steps are run.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"
export GDMPI=$gdmpi LC_ALL=C

# said CONFIG WHAT: what a config says behind this word.
said() {
    sed -n "1,/^$/ s/^; $2: *//p" "$1"
}

# comes_to CONFIG: the last validation is what the config expects, as in "val_rmse = 0.098 +- 0.002".
comes_to() {
    local metric value margin came
    read -r metric _ value _ margin _ <<<"$(said "$1" Expect)"
    came=$(sed -n '$ s/.*"'"$metric"'": \([^,}]*\).*/\1/p' run/metrics.jsonl)
    awk -v came="$came" -v value="$value" -v margin="${margin%[,.]}" \
        'BEGIN { exit !(came != "" && margin + 0 > 0 && came >= value - margin && came <= value + margin) }' ||
        failed "$1: $metric is '$came', not $value +- $margin"
}

"$make_data" images images.h5 600 100 || exit 1
for config in "$root"/configs/*.ini; do
    name=${config##*/}
    [ "$name" != reference.ini ] || continue
    echo "$name" >>examples
    [ "$(said "$config" Run)" = "mpirun -np 2 build/gdmpi configs/$name" ] || failed "$name does not say how to run it"
    file=$(sed -n 's/^file = //p' "$config")
    read -ra data <<<"$(said "$config" Data)"
    shorter=() count=1
    if [ "${data[0]}" != scripts/make-data ]; then
        shorter=(data.file=images.h5 train.max_steps=3) count=2
    elif [ "${data[2]}" != "$file" ]; then
        failed "$name makes other data than $file"
    elif [ ! -e "$file" ]; then
        "$root/${data[0]}" "${data[@]:1}" >out.data || failed "${data[*]}"
    fi
    rm -rf run
    launch check 1 check "$config" "${shorter[@]}" &
    launch gradcheck 1 gradcheck "$config" "${shorter[@]}" &
    ranks "$count" "$config" "${shorter[@]}" run.dir=run
    wait
    expect_code check 0
    expect_code gradcheck 0
    [ ${#shorter[@]} != 0 ] || comes_to "$config"
done
ranks 2 check "$root/configs/reference.ini" data.file=data/spirals.h5 'model.layers=dense 3' model.loss=cross_entropy

# They are told of, and installed.
grep -o '^| .configs/[a-z-]*.ini' "$root/README.md" | sed 's|.*/||' | sort | diff - examples ||
    failed "README.md's table of examples is another"
grep -o '^.configs/[a-z-]*.ini' "$root/Makefile.am" | sed 's|.*/||' | grep -v reference | sort | diff - examples ||
    failed 'Makefile.am installs others'
finish
