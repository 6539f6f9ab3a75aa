#!/usr/bin/env bash
# A rank that stands still is named, and the job ends; the same command goes on from there.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" classes classes.h5 203 61 || exit 1
cat >run.ini <<'END'
[data]
file = classes.h5
shards = 4

[model]
layers = dense 24, relu, dropout 0.3, dense 3
loss = cross_entropy

[optimizer]
name = adam
lr = 0.001

[train]
epochs = 60
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
    TMPDIR=$sessions timeout -s KILL 60 "${command[@]}" "$gdmpi" "$@" >out.run 2>err.run </dev/null &
    run=$!
}

# until_step DIRECTORY STEP: waits until the run has logged this step.
until_step() {
    until grep -q "\"event\": \"step\".*\"step\": $2," "$1/metrics.jsonl" 2>/dev/null; do
        if ! kill -0 "$run" 2>/dev/null; then
            failed "step $2 has not come"
            show run
            finish
        fi
        sleep 0.01
    done
}

# rank_process RANK: its process.
rank_process() {
    local pid
    for pid in $(processes); do
        if grep -qzE "^(OMPI_COMM_WORLD|PMI|PMIX)_RANK=$1\$" "/proc/$pid/environ" &&
            [ "$(readlink -f "/proc/$pid/exe")" = "$(readlink -f "$gdmpi")" ]; then
            echo "$pid"
        fi
    done
}

ended() {
    wait "$run"
    echo $? >code.run
}

ranks 2 run.ini run.dir=whole

for rank in 0 1 2; do
    start run.ini run.dir=still-$rank
    until_step still-$rank 100
    kill -STOP "$(rank_process $rank)"
    ended
    expect_code run 1
    expect_message run "rank $rank of 3 on [^ ]+ has stood still for [234] s; it was last in the phase [a-z]+ of step [0-9]+ \(epoch [0-9]+\)"
    [ -z "$(processes)" ] || failed "processes of rank $rank's run are left: $(processes)"
    ranks 3 run.ini run.dir=still-$rank
    expect_out 'resuming'
    expect_same "after rank $rank stood still" whole still-$rank
done
finish
