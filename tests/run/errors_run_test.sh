#!/usr/bin/env bash
# Run directories and checkpoints that cannot be used, and a run that diverges: one message, and what was there stays.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"
ways='check 3'

"$make_data" values values.h5 60 20 || exit 1
momentum_run 4 20
echo '[run]
dir = base' >>run.ini
ranks 2 run.ini
state=$(find base -type f -exec cksum {} + | sort)

# The run directory.
: >file
expect_error 2 'file: this run directory cannot be written: file: Not a directory' run.ini run.dir=file
expect_error 2 'file/below: this run directory cannot be written: file: Not a directory' run.ini run.dir=file/below
mkdir taken && : >taken/checkpoints
expect_error 2 'taken/checkpoints: this run directory cannot be written: taken/checkpoints: Not' run.ini run.dir=taken
mkdir -m 555 locked
if [ -w locked ]; then
    # Root may write wherever the file system lets it.
    ways='1 3'
    expect_error 2 '/proc/locked' run.ini run.dir=/proc/locked
    ways='check 3'
else
    expect_error 2 'locked/run: this run directory cannot be written: locked: Permission denied' run.ini run.dir=locked/run
fi

# A checkpoint of another run.
other='choose another run.dir, or set run.resume=never'
expect_error 2 "layers.*dense 9, tanh, dense 3.*$other" run.ini 'model.layers=dense 9, tanh, dense 3'
expect_error 2 "optimizer.*adam.*$other" run.ini optimizer.name=adam optimizer.lr=0.1
expect_error 2 "precision.*double.*$other" run.ini train.precision=double
expect_error 2 "seed.*2.*$other" run.ini train.seed=2
expect_error 2 "shards.*4.*$other" run.ini data.shards=4
expect_error 2 "batch_size.*30.*$other" run.ini train.batch_size=30

"$make_data" classes more.h5 61 20 || exit 1
expect_error 2 "more.h5 has 61 training rows, but the checkpoint's run had 60.*$other" run.ini data.file=more.h5

# A model that is all that is left of a run.
mkdir kept && cp base/model.h5 kept
expect_error 2 'kept/model.h5 would be replaced.*run.resume=never' run.ini run.dir=kept
expect_error 2 'kept/model.h5 would be replaced' run.ini run.dir=kept run.resume=base/checkpoints/latest

# A checkpoint to start from.
expect_error 2 'absent.h5: ' run.ini run.dir=new run.resume=absent.h5
expect_error 2 "run.resume=absent.h5: there is no checkpoint 'absent.h5'; it must be auto, never, or the path of one" run.ini run.resume=absent.h5
expect_error 2 'classes.h5: is not a gdmpi checkpoint' run.ini run.dir=new run.resume=classes.h5
expect_error 2 'absent.h5: ' run.ini run.dir=new model.init_from=absent.h5
expect_error 2 'classes.h5: ' run.ini run.dir=new model.init_from=classes.h5
expect_error 2 'base/model.h5: /params/0.weight is \[8, 5\]; this model needs \[9, 5\]' \
    run.ini run.dir=new model.init_from=base/model.h5 'model.layers=dense 9, tanh, dense 3'
head -c 4000 base/model.h5 >short.h5
expect_error 2 'short.h5: ' run.ini run.dir=new model.init_from=short.h5
expect_error 2 'short.h5: ' run.ini run.dir=new run.resume=short.h5

# Damage to every checkpoint: told once for each, and at the end.
cp -a base damaged
for file in damaged/checkpoints/step-*.h5; do
    truncate -s 1000 "$file"
done
kept=$(find damaged/checkpoints -name 'step-*.h5' | wc -l)
for count in 1 3; do
    ranks_end 2 "$count" run.ini run.dir=damaged && expect_err 'gdmpi: damaged/checkpoints: no checkpoint in it is whole'
    warnings=$(grep -c '^gdmpi: warning: damaged/checkpoints/step-' err.run)
    [ "$warnings" = "$kept" ] || failed "$warnings warnings of $kept damaged checkpoints"
    [ "$(grep -c '^gdmpi: ' err.run)" = $((kept + 1)) ] || failed 'more messages than warnings and the last'
done
ranks 2 run.ini run.dir=damaged run.resume=never
expect_same 'started over on damaged checkpoints' base damaged

# Divergence: at once; after some checkpoints of this run; and slowly.
for count in 1 3; do
    ranks_end 3 $count run.ini run.dir=diverged optimizer.lr=1e38
    expect_message run 'training diverged: .*not finite; checkpoints .* are whole; try a smaller optimizer.lr'
    if compgen -G 'diverged/checkpoints/*' >/dev/null; then
        failed 'there is a checkpoint of a run that diverged at once'
    fi
    rm -rf further && cp -a base further
    ranks_end 3 $count run.ini run.dir=further optimizer.lr=1e38 train.epochs=9
    expect_message run 'training diverged: .*step (1[7-9]|20) .*not finite'
    [ "$(readlink further/checkpoints/best)" = "$(readlink base/checkpoints/best)" ] ||
        failed 'a run that diverged has another best checkpoint'
    for file in base/checkpoints/step-*; do
        cmp "$file" "further/${file#*/}" || failed "$file was changed by a run that diverged"
    done
done
ranks 2 run.ini run.dir=further train.epochs=9
ranks 1 run.ini run.dir=straight train.epochs=9
expect_same 'a smaller rate after divergence' straight further

cat >values.ini <<'END'
[data]
file = values.h5
shards = 3

[model]
layers = dense 2
loss = mse

[optimizer]
lr = 30

[train]
epochs = 100
batch_size = 20

[run]
dir = slow
END
ranks_end 3 2 values.ini
expect_message run 'training diverged: .*not finite; checkpoints .* are whole'
best=$(sed -n 's/.*"epoch",.* "step": \([0-9]*\),.* "val_loss": \([^n,]*\),.*/\2 \1/p' slow/metrics.jsonl | sort -g | head -n 1)
[ "$(readlink slow/checkpoints/best)" = "$(printf 'step-%08d.h5' "${best#* }")" ] ||
    failed 'the best checkpoint of a run that diverged is not that of the lowest loss'
ranks 1 check values.ini
expect_out "would continue from slow/checkpoints/$(readlink slow/checkpoints/latest)"

# Where address space is limited, OpenBLAS's threads would wait for ever for their buffers; a sanitizer cannot do with so little.
if ! grep -q __asan_init "$gdmpi"; then
    (ulimit -v 200000 && OPENBLAS_NUM_THREADS=4 exec timeout 60 "$gdmpi" --version) >limited.out 2>&1 ||
        failed "with little address space --version ends with $?: $(cat limited.out)"
fi

# Two runs in one directory.
wait
ways='1 3'
exec 9<base/checkpoints
flock 9
expect_error 2 'base: another run is working in this directory' run.ini train.epochs=5
wait
flock -u 9

[ "$(find base -type f -exec cksum {} + | sort)" = "$state" ] || failed 'a refused run has written to the directory'
[ ! -e new ] || failed 'a refused run leaves a directory'
[ ! -e runs ] || failed 'a refused run leaves a directory runs'
finish
