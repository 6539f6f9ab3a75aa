#!/usr/bin/env bash
# Whenever a run is stopped by a signal or killed, the same command goes on, and it ends as a run that never was.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

small_run 0.00001 150 'dense 300, relu, dropout 0.3, dense 300, relu, dense 3'
cat >>run.ini <<'END'
log_every = 1
checkpoint_every = 100
END

# catches PID SIGNAL: whether the process is a gdmpi that handles a signal by now.
catches() {
    local mask
    mask=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
    [ "/proc/$1/exe" -ef "$gdmpi" ] && (((16#${mask:-0} >> ($(kill -l "$2") - 1)) & 1))
}

# start N: goes on with the run in the background, and waits until it handles signals; $run is the process of its
# mpirun, $ranks are those of gdmpi itself.
start() {
    local command pid
    read -ra command <<<"${MPIRUN:-mpirun} -np $1"
    echo "interrupted: ${command[*]} gdmpi run.ini run.dir=stopped" >command.run
    "${command[@]}" "$gdmpi" run.ini run.dir=stopped >out.run 2>err.run </dev/null &
    run=$!
    ranks=()
    while [ ${#ranks[@]} -lt "$1" ] && kill -0 "$run" 2>/dev/null; do
        ranks=()
        # shellcheck disable=SC2013 # words
        for pid in $(cat "/proc/$run/task/"*/children 2>/dev/null); do
            ! catches "$pid" USR1 || ranks+=("$pid")
        done
    done
}

# last_step: how many steps the log has.
last_step() {
    grep -c '"event": "step"' stopped/metrics.jsonl
}

# more_steps: waits until the run has logged some steps more than when it was stopped.
more_steps() {
    wait_for "step $((stopped + 6))" has_step stopped $((stopped + 6))
}

# ends CODE WHAT: the run must end so, and must have come to the same as the one that is never stopped.
ends() {
    wait "$run"
    echo $? >code.run
    expect_code run "$1"
    [ "$1" != 75 ] || expect_message run "stopped by $2 after step [0-9]+ .*run the same command again to continue"
    stopped=$(last_step)
    [ "$stopped" -lt 1650 ] || failed "$2: the run was over before it was stopped"
    diff <(log whole | head -n "$(log stopped | wc -l)") <(log stopped) >difference ||
        failed "$2 after step $stopped: the logs differ"
}

# signal_all NAME: to every process of the run.
signal_all() {
    kill -"$1" "$run" "${ranks[@]}"
}

ranks 2 run.ini run.dir=whole
stopped=0

# Before there is anything to stop, as MPI starts.
start 2
kill -USR1 "${ranks[1]}"
ends 75 SIGUSR1

# Slurm's warning before the time is up: mpirun passes SIGUSR1 on to the ranks.
start 3
more_steps
kill -USR1 "$run"
ends 75 SIGUSR1
[ "$(readlink stopped/checkpoints/latest)" = "$(printf 'step-%08d.h5' "$stopped")" ] ||
    failed "the latest checkpoint is not that of step $stopped, after which the run was stopped"

# A signal to one rank alone stops them all, whichever signal, on any number of ranks.
for count in 1 2 3; do
    for name in TERM INT USR1; do
        start $count
        more_steps
        kill -$name "${ranks[count - 1]}"
        ends 75 SIG$name
    done
done

# The second signal, of another kind, does not wait for the step: here one rank never comes to its end.
start 2
more_steps
kill -STOP "${ranks[0]}"
kill -TERM "${ranks[1]}"
sleep 0.7
kill -0 "${ranks[1]}" || failed 'the first signal has ended a rank that waits for another'
kill -USR1 "${ranks[1]}"
ends 138 'a second signal'

# A file stop: one that is left over does nothing, and one that comes later is looked for once a second.
: >stopped/stop
start 2
more_steps
signal_all STOP
: >stopped/stop
sleep 1.1
signal_all CONT
ends 75 'the file stop in the run directory'
[ ! -e stopped/stop ] || failed 'the file stop is still there'

# The end of a job, which comes near while the run is held up: time for one more such step must be left.
SLURM_JOB_END_TIME=$(($(date +%s) + 12))
export SLURM_JOB_END_TIME
start 3
more_steps
signal_all STOP
sleep $(((SLURM_JOB_END_TIME - $(date +%s)) / 2 + 1))
signal_all CONT
ends 75 'the coming end of the Slurm job'

# Everything killed at once, again and again, at moments that fall where they may.
unset SLURM_JOB_END_TIME
for count in 1 2 3 2; do
    start $count
    more_steps
    kill_all
    wait "$run" 2>/dev/null
    stopped=$(last_step)
done
[ "$stopped" -lt 1650 ] || failed 'the last kill came too late to test anything'

# An end in the past does not keep it from going on.
SLURM_JOB_END_TIME=1700000000 ranks 2 run.ini run.dir=stopped
expect_out 'resuming'
expect_err "warning: SLURM_JOB_END_TIME=1700000000 is not a time to come"
expect_same 'all of it' whole stopped
expect_whole_files stopped
finish
