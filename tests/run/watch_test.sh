#!/usr/bin/env bash
# A rank that stands still is named, and the job ends; the same command goes on from there.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/support.sh"

"$make_data" classes classes.h5 203 || exit 1
cat >run.ini <<'END'
[data]
file = classes.h5
shards = 4
val =

[model]
layers = dense 24, relu, dropout 0.3, dense 3
loss = cross_entropy

[optimizer]
name = adam
lr = 0.001

[train]
epochs = 1000000
batch_size = 20

[run]
log_every = 1
checkpoint_every = 30
timeout = 2
END

# is_stopped: whether rank 0 is.
is_stopped() {
    [ "$(sed 's/.*) \(.\).*/\1/' "/proc/${ranks[0]}/stat")" = T ]
}

# A second message or a rank that is left would come late: both are looked for when all has ended.
for rank in 0 1 2; do
    start 3 run.ini run.dir=still-$rank
    wait_for 'step 40' has_step still-$rank 40
    find_ranks
    kill -STOP "${ranks[rank]}"
    ended
    expect_code run 1
    expect_message run "rank $rank of 3 on [^ ]+ has stood still for [0-9]+ s; it was last in the phase [a-z]+ (of step [0-9]+ \(epoch [0-9]+\)|before the first step)"
    [ -z "$(processes)" ] || failed "processes of rank $rank's run are left: $(processes)"
done

# The same command goes on.
last=$(basename "$(readlink still-0/checkpoints/latest)" .h5)
steps=$((10#${last//[!0-9]/} + 40))
ranks 2 run.ini run.dir=still-0 train.max_steps=$steps
expect_out 'resuming'
ranks 3 run.ini run.dir=whole train.max_steps=$steps
expect_same 'after a rank stood still' whole still-0

# A job that is suspended as a whole stands still only together; mpirun passes SIGTSTP and SIGCONT on to all ranks.
if "$gdmpi" --version | grep -q 'Open MPI'; then
    start 3 run.ini run.dir=suspended
    wait_for 'step 40' has_step suspended 40
    find_ranks
    kill -TSTP "$run"
    wait_for 'the suspension' is_stopped
    sleep 3
    lines=$(wc -l <suspended/metrics.jsonl)
    kill -CONT "$run"
    wait_for 'a step after the suspension' has_step suspended $((lines + 10))
    kill -USR1 "$run"
    ended
    expect_code run 75
fi
finish
