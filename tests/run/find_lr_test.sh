#!/usr/bin/env bash
# gdmpi find-lr prints the same on any number of ranks, whatever is configured; what it suggests trains better than far less and
# far more; it leaves the run directory alone.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

small_run 0.01 3 'dense 64, relu, dense 3'
sed -i 's/^batch_size = .*/batch_size = 60/' run.ini
"$make_data" weighted weighted.h5 203 61 || exit 1
"$make_data" values values.h5 203 61 || exit 1

# same RANKS ARGUMENT...: what is printed, and the curve, are the same on these numbers of ranks, also if nothing is suggested.
# An epoch has 4 steps.
same() {
    local counts=$1 count
    shift
    rm -f curve.first
    for count in $counts; do
        rm -f curve.csv
        launch run "$count" find-lr run.ini --steps 100 -o curve.csv "$@"
        if [ ! -e curve.first ]; then
            grep -qx '[03]' code.run || { failed "find-lr fails: $*" && show run; }
            cat code.run out.run >out.first
            cp curve.csv curve.first || return
        fi
        cmp curve.first curve.csv || failed "the curve on $count ranks is another: $*"
        cat code.run out.run | diff out.first - || failed "$count ranks print something else: $*"
    done
}

same '1 2 3 4'
expect_out '^find-lr   adam, [0-9]+ of 100 steps of 60 rows$'
expect_out '^suggested optimizer.lr=[0-9.e-]+$'
expect_code run 0
[ "$(head -n 1 curve.csv)" = lr,loss,smooth ] || failed 'the curve has no names'
awk -F, 'NR > 2 && !($1 > before && $2 == $2 + 0 && $3 == $3 + 0) { exit 1 } { before = $1 } END { exit NR < 50 }' curve.csv ||
    failed 'the curve is no table of numbers, by rising learning rates'
awk 'length > 80 { exit 1 }' out.run || failed 'a line is longer than 80 columns'
cp curve.csv curve.adam
same '1 3' train.precision=double optimizer.l2=0.01 optimizer.clip_norm=0.5 data.class_weights=balanced data.normalize=standardize
! cmp -s curve.csv curve.adam || failed 'settings make no difference'
same '1 3' train.batch_size=0 data.file=weighted.h5 optimizer.max_norm=2 optimizer.ema=0.9 data.shuffle=global
expect_out ' 100 steps of 203 rows$'
same '1 3' 'model.layers=dense 8, batch_norm, tanh, residual(dense 8, dropout 0.2), dense 3' data.shuffle=global

# Each optimizer.
optimizers=$("$gdmpi" --help | sed -n '/^Optimizers (/,/^$/ s/^  \([a-z]*\).*/\1/p')
[ -n "$optimizers" ] || failed 'gdmpi --help lists no optimizers'
for optimizer in $optimizers; do
    same '1 3' optimizer.name="$optimizer" --to 1000
    expect_out "^find-lr   $optimizer,"
done

# A schedule has no effect, but for where its highest rate is set.
same 1 schedule.name=onecycle schedule.max_lr=0.02 schedule.warmup_steps=7
expect_out '^suggested schedule.max_lr='
cmp curve.csv curve.adam || failed 'the schedule makes a difference'

# val_loss LR: after training.
val_loss() {
    ranks 1 run.ini optimizer.lr="$1" run.dir="lr-$1" train.epochs=100 >&2
    sed -n '$ s/.*"val_loss": \([^,]*\),.*/\1/p' "lr-$1/metrics.jsonl"
}

ranks 1 find-lr run.ini
lr=$(sed -n 's/^suggested optimizer.lr=//p' out.run)
low=$(awk "BEGIN { print $lr / 100 }") high=$(awk "BEGIN { print $lr * 100 }")
losses="$(val_loss "$lr") $(val_loss "$low") $(val_loss "$high")"
awk '{ exit !($1 < $2 && $1 < $3) }' <<<"$losses" || failed "val_loss with lr $lr, and with a hundredth and 100 times it: $losses"

# From the parameters of a model, and beside a run that is there: nothing in its directory changes, and none is made.
[ ! -e runs ] || failed 'find-lr has made a run directory'
mkdir home && mv "lr-$low" home/run
find home -printf '%p %s %T@\n' | sort >before
ranks 2 find-lr run.ini run.dir=home/run model.init_from=home/run/model.h5
find home -printf '%p %s %T@\n' | sort | diff before - || failed 'find-lr has changed a run directory'

# What does not fall is shown, and its curve written, but nothing is suggested. A loss that is not finite ends the test, but not
# in the first step.
rm -f curve.csv
ranks_end 3 2 find-lr run.ini --from 1e-30 --to 1e-29 -o curve.csv
expect_message run 'no learning rate from 1e-30 to 1e-29 makes the loss fall by more than its noise; try a larger --to'
expect_out '\*\*\*\*'
[ "$(wc -l <curve.csv)" = 201 ] || failed 'the curve that does not fall is not written'
ranks_end 3 3 find-lr run.ini --from 1e20 --to 1e30 optimizer.name=sgd
expect_message run 'no learning rate from 1e\+20 to 1.1e\+20 makes the loss fall .*try a smaller --from'
ranks_end 3 2 find-lr run.ini data.scale=1e30 model.init=normal model.init_gain=1e30
expect_message run 'the loss of the first step, or its gradient, is not finite; try another data.scale or model.init'
ranks 2 find-lr run.ini data.file=values.h5 model.loss=mse 'model.layers=dense 2' optimizer.name=sgd --to 1e30
expect_out '^explodes  at '

# What cannot be read is told, with what could.
ranks 3 find-lr --help
[ "$(grep -c -- '--steps N' out.run)" = 1 ] || failed 'the help is not printed once'
ways='1 3'
expect_error 2 'a configuration file is missing; usage: gdmpi find-lr CONFIG.ini' find-lr
expect_error 2 "unknown option '--step'; did you mean '--steps'\?; usage: gdmpi find-lr" find-lr run.ini --step 100
expect_error 2 '--from needs LR' find-lr run.ini --from
expect_error 2 "--from is a number above 0, not '0'; usage: gdmpi find-lr" find-lr run.ini --from=0
expect_error 2 "--to is a number above 0, not 'nan'" find-lr --to nan run.ini
expect_error 2 '--from and --to are from 1e-30 to 1e\+30; usage: gdmpi find-lr' find-lr run.ini --to 1e31
expect_error 2 "--from \(0.1\) is not below --to \(0.1\)" find-lr run.ini --from 0.1 --to 0.1
expect_error 2 '--steps is at least 100' find-lr run.ini --steps 99
expect_error 2 "--steps is a whole number from 0 to [0-9]*, not '200.5'" find-lr run.ini --steps 200.5
expect_error 2 '-o is given twice' find-lr run.ini -o a.csv -o b.csv
expect_error 2 'run.ini: is there already; remove it, or name another output' find-lr run.ini -o run.ini
expect_error 2 'none/curve.csv: cannot be written: there is no folder none' find-lr run.ini -o none/curve.csv
expect_error 2 "unknown key 'lrr' in \[optimizer\]" find-lr run.ini optimizer.lrr=1
expect_error 2 "'more.ini' is not an override" find-lr run.ini more.ini
expect_error 2 '/dev/full: is a device or pipe' find-lr run.ini -o /dev/full
finish
