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
checkpoint_every = 70
timeout = 2
END

# start ARGUMENT...: a run of 3 ranks in the background; $run is its mpirun.
start() {
    local command
    read -ra command <<<"${MPIRUN:-mpirun} -np 3"
    echo "on 3 ranks: gdmpi $*" >command.run
    TMPDIR=$sessions "${command[@]}" "$gdmpi" "$@" >out.run 2>err.run </dev/null &
    run=$!
}

# has_rank RANK: whether the process of this rank is there; $process is it.
has_rank() {
    for process in $(processes); do
        if grep -qzE "^(OMPI_COMM_WORLD|PMI|PMIX)_RANK=$1\$" "/proc/$process/environ" &&
            [ "$(readlink -f "/proc/$process/exe")" = "$(readlink -f "$gdmpi")" ]; then
            return 0
        fi
    done
    return 1
}

# is_stopped: whether $process is.
is_stopped() {
    [ "$(sed 's/.*) \(.\).*/\1/' "/proc/$process/stat")" = T ]
}

ended() {
    wait "$run"
    echo $? >code.run
}

# A second message or a rank that is left would come late: both are looked for when all has ended.
for rank in 0 1 2; do
    start run.ini run.dir=still-$rank
    wait_for "rank $rank" has_rank $rank
    wait_for 'step 100' has_step still-$rank 100
    kill -STOP "$process"
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
    start run.ini run.dir=suspended
    wait_for 'rank 0' has_rank 0
    wait_for 'step 100' has_step suspended 100
    kill -TSTP "$run"
    wait_for 'the suspension' is_stopped
    sleep 3
    lines=$(wc -l <suspended/metrics.jsonl)
    kill -CONT "$run"
    wait_for 'a step after the suspension' has_step suspended $((lines + 100))
    kill -USR1 "$run"
    ended
    expect_code run 75
fi
finish
