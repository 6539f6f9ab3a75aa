#!/usr/bin/env bash
# Whenever a run is stopped by a signal or killed, the same command goes on, and it ends as a run that never was.
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
epochs = 150
batch_size = 20

[run]
log_every = 1
checkpoint_every = 7
END

# start N ARGUMENT...: a run in the background; $run is the process of its mpirun.
start() {
    local command
    read -ra command <<<"${MPIRUN:-mpirun} -np $1"
    shift
    echo "interrupted: ${command[*]} gdmpi $*" >command.run
    "${command[@]}" "$gdmpi" "$@" >out.run 2>err.run </dev/null &
    run=$!
}

# until_step DIRECTORY STEP: waits until the run has logged this step.
until_step() {
    local tries=0
    until grep -q "\"event\": \"step\".*\"step\": $2," "$1/metrics.jsonl" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 3000 ] || ! kill -0 "$run" 2>/dev/null; then
            failed "step $2 has not come"
            show run
            kill_all
            finish
        fi
        sleep 0.01
    done
}

# last_step DIRECTORY: how many steps the log has.
last_step() {
    grep -c '"event": "step"' "$1/metrics.jsonl"
}

ranks 2 run.ini run.dir=whole

# Slurm's warning before the time is up: mpirun passes SIGUSR1 on to the ranks.
start 3 run.ini run.dir=usr1
until_step usr1 300
kill -USR1 "$run"
wait "$run"
echo $? >code.run
expect_code run 75
expect_message run 'stopped by SIGUSR1 after step [0-9]+ .*run the same command again to continue'
last=$(last_step usr1)
[ "$last" -lt 1650 ] || failed 'the signal came too late to test anything'
[ "$(readlink usr1/checkpoints/latest)" = "$(printf 'step-%08d.h5' "$last")" ] ||
    failed "the latest checkpoint is not that of step $last, after which the run was stopped"
ranks 2 run.ini run.dir=usr1
expect_same 'SIGUSR1' whole usr1

# A signal to one rank alone stops them all; the exit code is mpirun's.
start 2 run.ini run.dir=term
until_step term 200
for pid in $(processes); do
    if [ "$(readlink -f "/proc/$pid/exe")" = "$(readlink -f "$gdmpi")" ]; then
        kill -TERM "$pid"
        break
    fi
done
wait "$run"
echo $? >code.run
expect_code run 75
expect_message run 'stopped by SIGTERM'
ranks 3 run.ini run.dir=term
expect_same 'SIGTERM of one rank' whole term

# Everything killed at once, again and again, at steps, and at moments that fall where they may; on 1 to 3 ranks.
kills=0
for step in 1 40 300 900; do
    start $((kills % 3 + 1)) run.ini run.dir=killed
    until_step killed $step
    sleep 0.0$((kills * 3))
    kill_all
    wait "$run" 2>/dev/null
    kills=$((kills + 1))
done
[ "$(last_step killed)" -lt 1650 ] || failed 'the last kill came too late to test anything'
ranks 2 run.ini run.dir=killed
expect_out 'resuming'
expect_same 'SIGKILL of everything' whole killed
if compgen -G 'killed/*.tmp' >/dev/null || compgen -G 'killed/checkpoints/*.tmp' >/dev/null; then
    failed 'a half written file is left'
fi
finish
