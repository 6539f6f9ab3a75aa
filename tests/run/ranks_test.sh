#!/usr/bin/env bash
# The model depends on the config, the shards and the seed, never on the number of ranks.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" classes classes.h5 203 61 || exit 1
"$make_data" values values.h5 150 || exit 1
"$make_data" classes large.h5 601 700 || exit 1

# Uneven: 203 rows in 4 shards are 51, 51, 51 and 50; steps of 20 rows end an epoch with one of 3.
cat >classes.ini <<'END'
[data]
file = classes.h5
shards = 4

[model]
layers = dense 24, relu, dropout 0.3, dense 3
loss = cross_entropy

[optimizer]
name = adam
lr = 0.01

[train]
epochs = 3
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
name = sgd
lr = 0.05

[train]
epochs = 3
batch_size = 24

[run]
log_every = 1
END

# same_on WHAT RANKS CONFIG OVERRIDE...: runs on these numbers of ranks all come to the same.
same_on() {
    local what=$1 counts=$2 first='' count
    shift 2
    rm -rf on-*
    for count in $counts; do
        ranks "$count" "$@" run.dir="on-$count" || return
        first=${first:-$count}
        expect_same "$what on $first and $count ranks" "on-$first" "on-$count"
    done
}

for precision in single double; do
    for reduce in window message; do
        same_on "$precision, $reduce" '1 2 3 4' classes.ini train.precision=$precision train.reduce=$reduce
        mv on-3 "$precision-$reduce"
    done
    expect_same "$precision, window and message" $precision-window $precision-message
done
if [ "$(digest single-window)" = "$(digest double-window)" ]; then
    failed 'single and double precision come to the same digest'
fi

# The digests of single steps are in the log, and were compared above.
[ "$(grep -c '"event": "step".*"digest": "[0-9a-f]\{16\}"' single-window/metrics.jsonl)" = 8 ] ||
    failed 'verify_every = 4 does not give 33 steps 8 digests'

same_on '7 shards' '1 2 3 4' classes.ini data.shards=7 train.batch_size=23
same_on 'batch_size = 0' '1 3' classes.ini train.batch_size=0
same_on 'a batch of more than all rows' '1 4' classes.ini train.batch_size=1000
same_on 'shuffle = none' '1 3' classes.ini data.shuffle=none
same_on 'momentum' '1 3' classes.ini optimizer.name=momentum
same_on 'sgd, held-out rows' '1 3 4' values.ini
same_on 'a shard of 300 rows, in tiles' '1 2' classes.ini data.shards=2 data.file=large.h5 \
    train.batch_size=0

# Where ranks of a host cannot share memory, they send messages, and say why. (A setting of Open MPI's.)
if "$gdmpi" --version | grep -q 'Open MPI'; then
    ranks 3 classes.ini run.dir=shared
    ! grep 'not window' out.run || { failed 'shared memory is refused' && show run; }
    export OMPI_MCA_osc=^sm
    ranks 3 classes.ini run.dir=apart
    expect_out '^reduce +message: '
    expect_out '^ +not window: MPI cannot make shared memory: '
    expect_same 'with shared memory and without' shared apart
    ranks 3 check classes.ini run.dir=none
    expect_out '^ +not window: MPI cannot make shared memory: '
    expect_error 1 'MPI cannot make shared memory: ' classes.ini train.reduce=window run.dir=none
    wait
    unset OMPI_MCA_osc
fi

# The order of MPI's own sum is its own, so it comes close, but not to the bits.
last_loss() {
    sed -n '/"event": "end"/ s/.*"val_loss": \([^,]*\).*/\1/p' "$1/metrics.jsonl"
}
ranks 3 classes.ini train.reduce=allreduce run.dir=allreduce
ranks 3 classes.ini run.dir=tree
if ! awk -v a="$(last_loss allreduce)" -v b="$(last_loss tree)" \
    'BEGIN { exit !(a > 0 && a - b < 1e-4 && b - a < 1e-4) }'; then
    failed "allreduce: val_loss $(last_loss allreduce), with the tree $(last_loss tree)"
fi

# One shard a rank: the same from run to run on as many ranks, and what the first lines say pins it.
ranks 2 classes.ini data.shards=0 run.dir=two
expect_out 'data.shards = 0: the result depends on the number of ranks'
pin=$(grep -o 'data\.shards=[0-9]*' out.run)
[ "$pin" = data.shards=2 ] || failed "the first lines tell to pin the result with '$pin'"
ranks 2 classes.ini data.shards=0 run.dir=again
expect_same 'shards = 0, twice' two again
ranks 1 classes.ini "${pin:-none}" run.dir=pinned
expect_same 'shards = 0, pinned' two pinned
ranks 3 classes.ini data.shards=0 run.dir=three
if [ "$(digest two)" = "$(digest three)" ]; then
    failed 'shards = 0 comes to the same on 2 and 3 ranks: they are not one per rank'
fi
finish
