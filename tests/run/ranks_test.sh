#!/usr/bin/env bash
# The model and the log depend on the config, the shards and the seed, never on the number of ranks: with S shards, whatever
# the settings, any 1 <= N <= S ranks come to the same bits.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" classes classes.h5 203 61 || exit 1
"$make_data" classes large.h5 601 700 || exit 1
"$make_data" values values.h5 150 || exit 1
"$make_data" flags flags.h5 150 || exit 1

# Uneven: 203 rows in 4 shards are 51, 51, 51 and 50; steps of 20 rows end an epoch with one of 3. The parameters are three
# of the blocks that ranks share out.
cat >classes.ini <<'END'
[data]
file = classes.h5
shards = 4

[model]
layers = dense 1000, relu, dropout 0.3, dense 3
loss = cross_entropy

[optimizer]
name = adam
lr = 0.003

[train]
epochs = 2
batch_size = 20

[run]
log_every = 1
verify_every = 4
END

cat >values.ini <<'END'
[data]
file = values.h5
shards = 4
val_fraction = 0.2

[model]
layers = dense 8, tanh, dense 2
loss = mse

[optimizer]
lr = 0.05

[train]
epochs = 3
batch_size = 23

[run]
log_every = 1
END

# same_on WHAT RUNS CONFIG OVERRIDE...: runs on these numbers of ranks, such as 3 or 3:message, all come to the same.
# The first is left in the folder "first", the last in "next".
same_on() {
    local what=$1 runs=$2 run reduce
    shift 2
    rm -rf first
    for run in $runs; do
        reduce=${run#*:}
        [ "$reduce" != "$run" ] || reduce=auto
        rm -rf next
        ranks "${run%:*}" "$@" train.reduce="$reduce" run.dir=next || return
        if [ -d first ]; then
            expect_same "$what, on ${runs%% *} and $run ranks" first next
            diff <(grep '"checkpoint"' first/metrics.jsonl) <(grep '"checkpoint"' next/metrics.jsonl) ||
                failed "$what, on ${runs%% *} and $run ranks: the checkpoints differ"
        else
            cp -a next first
        fi
    done
}

# expect_model WHAT DIRECTORY OVERRIDE...: the parameters in a run's model.h5 are those that its digest is of.
expect_model() {
    local what=$1 directory=$2
    shift 2
    rm -rf model
    ranks 1 classes.ini "$@" run.dir=model model.init_from="$directory/model.h5" optimizer.name=sgd optimizer.lr=0 train.epochs=1
    [ "$(digest model)" = "$(digest "$directory")" ] || failed "$what: model.h5 holds other parameters"
}

# names TITLE: of what --help lists under it.
names() {
    "$gdmpi" --help | sed -n "/^$1 (/,/^\$/ s/^  \([a-z0-9_]*\).*/\1/p"
}

# choices KEY: that a setting has.
choices() {
    "$gdmpi" --help | grep -B 1 "^$1 = " | sed -n 's/.*: one of //p' | tr -d ,
}

# Everything at once.
all=(optimizer.clip_norm=0.3 optimizer.clip_value=0.02 optimizer.ema=0.9 train.accumulate=2)
same_on 'all, 5 shards, single' '1 2 2:message 3 3:message 4 4:message 5 5:message' classes.ini data.shards=5 "${all[@]}"
expect_model 'all, on 1 rank' first
expect_model 'all, on 5 ranks' next
single=$(digest first)
same_on 'all, 5 shards, double' '1 2:message 3 4:message 5' classes.ini data.shards=5 "${all[@]}" train.precision=double
expect_model 'all, double' next train.precision=double
[ "$(digest first)" != "$single" ] || failed 'single and double precision come to the same digest'
same_on 'all, 4 shards' '1 3 4:message' classes.ini "${all[@]}" data.shuffle=none
same_on 'all, 135,000 parameters' '1 3:message 5:message' classes.ini data.shards=5 "${all[@]}" train.epochs=1 \
    'model.layers=dense 15000, relu, dropout 0.3, dense 3'
same_on '7 shards' '1 2 3 4 5:message 6 7' classes.ini data.shards=7 train.batch_size=23

# One by one; each has an effect.
same_on plain '1 3 4:message' classes.ini
echo "plain $(digest first)" >digests
[ "$(grep -c '"event": "step".*"digest": "[0-9a-f]\{16\}"' first/metrics.jsonl)" = 5 ] ||
    failed 'verify_every = 4 does not give 22 steps 5 digests'
while read -r what overrides; do
    read -ra list <<<"$overrides"
    same_on "$what" '1 3' classes.ini "${list[@]}"
    if grep " $(digest first)\$" digests; then
        failed "$what has no effect"
    fi
    echo "$what $(digest first)" >>digests
done <<'END'
clip_norm optimizer.clip_norm=0.3
clip_value optimizer.clip_value=0.02
ema optimizer.ema=0.9
accumulate train.accumulate=3
all-rows train.batch_size=0
tiles train.batch_size=0 data.shards=3 data.file=large.h5
smaller-tiles train.batch_size=0 data.shards=3 data.file=large.h5 train.accumulate=7
END
same_on 'a batch of more than all rows' '1 4' classes.ini train.batch_size=1000
same_on 'activations' '1 4' classes.ini \
    'model.layers=dense 9, leaky_relu, dense 9, tanh, dropout, dense 9, sigmoid, gelu, softplus, dense 3'
for shuffle in $(choices shuffle); do
    same_on "shuffle = $shuffle" '1 3 4' classes.ini data.shuffle="$shuffle"
done
[ -n "$(choices shuffle)" ] || failed 'gdmpi --help lists no choices of shuffle'

for optimizer in $(names Optimizers); do
    same_on "$optimizer" '1 4' classes.ini optimizer.name="$optimizer"
    same_on "$optimizer, all" '1 3' classes.ini optimizer.name="$optimizer" "${all[@]}"
done
[ -n "$(names Optimizers)" ] || failed 'gdmpi --help lists no optimizers'

# A loss takes the classes, or else two numbers of 0 and 1 a row.
for loss in $(names Losses); do
    launch run 1 check classes.ini model.loss="$loss"
    if [ "$(cat code.run)" = 0 ]; then
        same_on "$loss" '1 3' classes.ini model.loss="$loss"
    else
        same_on "$loss" '1 3' values.ini model.loss="$loss" data.file=flags.h5
    fi
done
[ -n "$(names Losses)" ] || failed 'gdmpi --help lists no losses'
same_on 'numbers, with rows held out' '1 3 4' values.ini optimizer.ema=0.5

# Stopped in the middle of an epoch, and resumed on other numbers of ranks.
resumed=(classes.ini data.shards=5 "${all[@]}" train.epochs=4)
ranks 1 "${resumed[@]}" run.dir=whole
ranks 2 "${resumed[@]}" run.dir=parts train.max_steps=17
ranks 5 "${resumed[@]}" run.dir=parts train.max_steps=30 train.reduce=message
ranks 3 "${resumed[@]}" run.dir=parts
expect_out 'resuming .*step-00000030.h5: 2 epochs and 30 steps are done'
expect_same 'resumed twice' whole parts

launch run 5 classes.ini run.dir=none
expect_code run 2
expect_message run '4 shards cannot be worked by 5 ranks; start at most 4 ranks, or set data.shards to 5 or more'
[ ! -e none ] || failed 'more ranks than shards leave a run directory'
finish
