#!/usr/bin/env bash
# data.shuffle = global deals all rows to all shards anew in each epoch, with the same bits on any number of ranks, also
# when a run goes on in the middle of an epoch on others.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" classes classes.h5 203 61 || exit 1
"$make_data" images images.h5 150 10 || exit 1
"$make_data" values values.h5 150 || exit 1

# Uneven: 203 rows in 5 shards are 41, 41, 41, 40 and 40; steps of 23 rows.
cat >run.ini <<'END'
[data]
file = classes.h5
shards = 5
shuffle = global

[model]
layers = dense 24, relu, dropout 0.3, dense 3
loss = cross_entropy

[optimizer]
name = adam
lr = 0.01

[train]
epochs = 4
batch_size = 23

[run]
log_every = 1
END

saving=(run.ini run.checkpoint_every=3 run.keep=1000)
same_on single '1 2 3:message 4 5' "${saving[@]}"
mv first single
same_on double '1 3 5:message' run.ini train.precision=double
same_on '7 shards, no overlap' '1:message 2:message 4:message' run.ini data.shards=7 train.overlap=no
same_on 'a shard per row of a step' '1 3' run.ini data.shards=23
same_on 'a batch of more than all rows' '1 4' run.ini train.batch_size=1000
same_on 'bytes' '1 3' run.ini data.file=images.h5 'model.layers=dense 10' train.batch_size=10
same_on 'held-out rows, numbers' '1 4' run.ini data.file=values.h5 data.val_fraction=0.2 model.loss=mse \
    'model.layers=dense 2'

# With one shard, all that differs is the order: each way to shuffle has its own.
for shuffle in none shard global; do
    ranks 1 run.ini data.shards=1 data.shuffle=$shuffle run.dir=$shuffle
    digest $shuffle
done | sort | uniq -d | grep -q . && failed 'two ways to shuffle come to the same digest'

# All three ways see each row once an epoch: with a learning rate of 0 and no dropout, the loss of an epoch is the same.
loss_of() {
    ranks 1 run.ini data.shuffle="$1" optimizer.name=sgd optimizer.lr=0 'model.layers=dense 3' train.precision=double \
        run.dir="still-$1"
    sed -n '/"event": "epoch"/ s/.*"train_loss": \([0-9.]\{10\}\).*/\1/p' "still-$1/metrics.jsonl" | sort -u
}
for shuffle in none shard global; do
    loss_of $shuffle >"loss.$shuffle"
done
[ "$(sort -u loss.* | wc -l)" = 1 ] || failed "an epoch's rows are not all rows once: losses $(sort -u loss.* | paste -sd ' ')"

# On from the middle of an epoch (9 steps each), of a block of steps, on other ranks, twice.
ranks 2 "${saving[@]}" run.dir=resumed train.max_steps=5
ranks 3 "${saving[@]}" run.dir=resumed train.max_steps=12
expect_out 'resuming .*step-00000005.h5: 0 epochs and 5 steps are done'
ranks 5 "${saving[@]}" run.dir=resumed train.max_steps=26
ranks 1 "${saving[@]}" run.dir=resumed
expect_same 'resumed in the middle of an epoch' single resumed
for step in 00000003 00000024; do
    rm -rf from
    ranks 4 run.ini run.dir=from run.resume=single/checkpoints/step-$step.h5
    [ "$(digest from)" = "$(digest single)" ] || failed "from step $step: another digest"
done

# The way to shuffle is part of the run.
ranks_end 2 2 run.ini run.dir=resumed data.shuffle=shard train.epochs=5
expect_message run 'data.shuffle'

finish
