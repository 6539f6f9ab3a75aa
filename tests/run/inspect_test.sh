#!/usr/bin/env bash
# gdmpi inspect says what is in a data file, a checkpoint or a model, once and the same on any number of ranks, in 80 columns; what is
# damaged is one message.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

seeds=$build/tests/fuzz/make_seeds

# inspect FILE [RANKS [CODE]]: it must end with this code; out.run is what it prints.
inspect() {
    local long
    ranks_end "${3:-0}" "${2:-1}" inspect "$1" || return
    long=$(awk 'length > 80' out.run)
    [ -z "$long" ] || failed "more than 80 columns: $long"
    [ "$(wc -l <out.run)" -le 24 ] || failed "$1 takes more than a screen"
}

# same FILE [CODE]: 1 and 3 ranks must say the same.
same() {
    inspect "$1" 3 "${2:-0}"
    cp out.run out.3
    inspect "$1" 1 "${2:-0}"
    diff out.3 out.run || failed "3 ranks do not say of $1 what 1 does"
}

# Data. Rows that are spread over the ranks: 40 MiB of pictures.
"$make_data" images images.h5 53000 7 || exit 1
same images.h5
expect_out '^images.h5: HDF5 of [0-9.]+ MiB, 4 data sets$'
expect_out '^/train +53,000 rows$'
expect_out '^  x       \[53000, 28, 28\] of uint8, contiguous$'
expect_out '^          0 to 255, mean 127\.[0-9]+$'
expect_out '^          10 classes of 5,300 rows each$'
expect_out '^/val +7 rows$'
expect_out '^          7 classes of 1 row each$'
for kind in x-nan x-infinite w-negative w-zero values; do
    "$make_data" $kind $kind.h5 900 9 || exit 1
done
same x-nan.h5
expect_out '^          1 NaN, in row 600$'
expect_out '^          3 classes: 0 \([0-9]+\), 1 \([0-9]+\), 2 \([0-9]+\)$'
inspect x-infinite.h5
expect_out '^          1 infinite, in row 600$'
inspect w-negative.h5
expect_out '^          a weight is at least 0$'
inspect w-zero.h5
expect_out '^          no weight is above 0$'
inspect values.h5
expect_out '^  y       \[900, 2\] of float32, contiguous$'

# Names that import has kept, and chunks.
{
    echo 'length,color,"a name that is longer than any page is wide, or anybody would care to read",kind'
    for i in {1..60}; do
        echo "$i.5,$((i % 2))u,$i,$(((i + 1) * (i % 3)))"
    done
} >table.csv
ranks 1 import csv table.csv -o table.h5 --task classification --split 0.8,0.2 --compress yes
same table.h5
expect_out '^  x       \[[0-9]+, 4\] of float32, chunks \[[0-9]+, 4\], shuffle, gzip: [0-9.]+ .* of '
expect_out '^          columns length, color=0u, color=1u, a name that is longer.*\.\.\.$'
[ "$(grep -c columns out.run)" = 2 ] || failed 'names are told twice'
expect_out '^          41 classes of 1 to [0-9]+ rows, [0-9]+ without any$'

# Files of other programs, of every kind that is tried by fuzzing.
mkdir seeds
"$seeds" data seeds || failed 'no seeds'
for file in seeds/*.h5; do
    case $file in
        seeds/elsewhere.h5 | seeds/names.h5) inspect "$file" 1 2 ;;
        *) inspect "$file" ;;
    esac
done
expect_error 2 'seeds/elsewhere.h5: the numbers of /train/x lie in another file' inspect seeds/elsewhere.h5
expect_error 2 'seeds/names.h5: /train/y holds compounds' inspect seeds/names.h5
for kind in no-x y-short x-flat w-short empty; do
    "$make_data" $kind $kind.h5 900 || exit 1
done
expect_error 2 'no-x.h5: no data set /train/x; /train holds y; a group of data' inspect no-x.h5
expect_error 2 'y-short.h5: /train/x has 900 rows, but /train/y has 899' inspect y-short.h5
expect_error 2 'x-flat.h5: /train/x is \[900\]; x needs' inspect x-flat.h5
expect_error 2 'w-short.h5: /train/w is \[899\]' inspect w-short.h5
expect_error 2 'empty.h5: /train/x is \[0, 5\]; at least one row' inspect empty.h5
wait

# What a file calls itself and its columns is printed, and nothing else.
printf 'a\033[31m,b\n1,2\n3,4\n' >colored.csv
ranks 1 import csv colored.csv -o colored.h5
inspect colored.h5
! grep -q "$(printf '\033')" out.run || failed 'the terminal would obey the name of a column'
expect_out '^          columns a\?\[31m$'

# Names with what lists them apart.
printf '"height, cm","width ""w""",kind\n1,2,"b, c"\n3,4,d\n' >commas.csv
ranks 1 import csv commas.csv -o commas.h5
expect_out '^y      2 classes of kind: "b, c", d$'
inspect commas.h5
expect_out '^          columns "height, cm", "width ""w"""$'
expect_out '^          2 classes of 1 row each: "b, c", d$'

# Damaged: cut off anywhere, and with other bytes, which is one message, or a page; never a crash, or a wait.
"$make_data" classes classes.h5 300 20 || exit 1
size=$(stat -c %s classes.h5)
for part in 1 7; do
    head -c $((size * part / 8)) classes.h5 >cut.$part.h5
    expect_error 2 "cut.$part.h5: is (HDF5 but cannot be opened, it may be truncated|not an HDF5 file)" inspect cut.$part.h5
done
wait
for seed in {1..6}; do
    cp seeds/chunks-new-gzip.h5 damaged.h5
    for at in 1 2 3 4; do
        printf '\xff' | dd of=damaged.h5 bs=1 seek=$(((seed * 977 + at * 389) % $(stat -c %s damaged.h5))) conv=notrunc status=none
    done
    launch "damaged.$seed" 1 inspect damaged.h5
    case $(cat "code.damaged.$seed") in
        0) ;;
        1 | 2) expect_message "damaged.$seed" 'damaged.h5: ' ;;
        *) failed 'it crashes' && show "damaged.$seed" ;;
    esac
done
expect_error 2 'absent.h5: no such file' inspect absent.h5
expect_error 2 'table.csv: is not an HDF5 file' inspect table.csv
expect_error 2 'seeds: is a folder' inspect seeds
expect_error 2 'one file is inspected; usage: gdmpi inspect FILE.h5' inspect
expect_error 2 'one file is inspected; usage' inspect classes.h5 table.h5
wait

# Checkpoints and models.
small_run 0.003 3
ranks 2 run.ini run.dir=run data.normalize=standardize train.max_steps=25 stop.patience=9 'model.layers=dense 24, batch_norm, relu, dense 3'
same run/checkpoints/latest
expect_out '^run/checkpoints/latest: a checkpoint of gdmpi [0-9.]+, [0-9.]+ KiB$'
expect_out '^0 dense 24 +24 +144  0.weight \[24, 5\], 0.bias \[24\]$'
expect_out '^in all +267  5 inputs, cross_entropy$'
expect_out '^digest +[0-9a-f]{16}, single precision$'
expect_out '^progress +2 epochs, 25 steps, the last 3 in epoch 3, [0-9.]+ m?s of training$'
expect_out '^data +203 training rows in 4 shards, 61 validation rows$'
expect_out '^last +epoch 2: train loss [0-9.]+, val loss [0-9.]+, val accuracy [0-9.]+;'
expect_out '^best +epoch [12]: val loss [0-9.]+$'
expect_out '^state +/best, /optimizer/exp_avg, /optimizer/exp_avg_sq$'
expect_out '^settings +data.file=classes.h5 data.shards=4 data.normalize=standardize$'
expect_out " model.layers='dense 24,"
expect_out 'optimizer.lr=0.003'
! grep -q 'data.scale' out.run || failed 'a setting that has its default is told'
inspect run/model.h5
expect_out "^digest +$(digest run), single precision$"
expect_out '^state +none besides the parameters$'
ranks 1 run.ini run.dir=values data.file=values.h5 model.loss=mse 'model.layers=dense 2' train.precision=double optimizer.name=sgd
inspect values/model.h5
expect_out ', double precision$'
expect_out 'val rmse [0-9.]+'

# Each byte of a checkpoint counts, those of its first line too; of one of another version, it is said.
model=run/model.h5
for at in 3 600 $(($(stat -c %s $model) / 2)); do
    cp $model model.$at.h5
    printf '\xff' | dd of=model.$at.h5 bs=1 seek="$at" conv=notrunc status=none
    expect_error 2 "model.$at.h5: is (damaged|not a gdmpi checkpoint)" inspect model.$at.h5
done
sed '1s/checkpoint [0-9]*/checkpoint 1/' $model >old.h5
expect_error 2 'old.h5: is a checkpoint of format version 1' inspect old.h5
tail -c +513 $model >headless.h5
expect_error 2 'headless.h5: is not a gdmpi checkpoint' inspect headless.h5

# What cannot be printed is an error, of all commands.
expect_full() {
    "$gdmpi" "$@" >/dev/full 2>err.full && failed "$* prints to a full disk"
    [ "$(cat err.full)" = 'gdmpi: standard output: not all of it could be written' ] || failed "$*: $(cat err.full)"
}
if [ -c /dev/full ]; then
    expect_full inspect $model
    expect_full --help
fi
finish
