#!/usr/bin/env bash
# Whenever a run is stopped by a signal or killed, the same command goes on, and it ends as a run that never was.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/support.sh"

# It has no end of its own, so that no machine is too fast or too slow for what comes.
small_run 0.00001 1000000
cat >>run.ini <<'END'
log_every = 1
checkpoint_every = 100
END

# signals KIND PID: the set of signals of one kind, such as SigCgt, of a process; 0 if it is gone.
signals() {
    local mask
    mask=$(sed -n "s/^$1:[[:space:]]*//p" "/proc/$2/status" 2>/dev/null)
    echo $((16#${mask:-0}))
}

# has_signal KIND PID SIGNAL
has_signal() {
    ((($(signals "$1" "$2") >> ($(kill -l "$3") - 1)) & 1))
}

# is_handled PID SIGNAL: whether a signal that was sent to a process does not wait for it any more.
is_handled() {
    ! has_signal ShdPnd "$@"
}

# ready N: whether N ranks handle signals by now.
ready() {
    local pid
    find_ranks
    for pid in "${ranks[@]}"; do
        has_signal SigCgt "$pid" USR1 || return 1
    done
    [ ${#ranks[@]} = "$1" ]
}

# goes_on N: the run goes on in the background, and logs some steps more than when it was stopped.
goes_on() {
    local begin=$SECONDS
    start "$1" run.ini run.dir=stopped
    wait_for "step $((stopped + 6))" has_step stopped $((stopped + 6))
    find_ranks
    [ ${#ranks[@]} = "$1" ] || failed "${#ranks[@]} processes are taken for the $1 ranks"
    longest=$((SECONDS - begin > longest ? SECONDS - begin : longest))
}

# stopped_by WHAT: takes notice of it; $stopped is how many steps the log has.
stopped_by() {
    stopped=$(grep -c '"event": "step"' stopped/metrics.jsonl)
    echo "after step $stopped: stopped by $1" >>stops
}

# ends CODE WHAT: the run must end so.
ends() {
    ended
    expect_code run "$1"
    if [ "$1" = 75 ]; then
        expect_message run "stopped by $2 after step [0-9]+ .*run the same command again to continue"
        tail -n 1 stopped/metrics.jsonl | grep -q '"event": "end", .*"reason": "'"$2"'"' || failed "the log does not end with $2"
    fi
    stopped_by "$2"
}

# signal_all NAME: to every process of the run.
signal_all() {
    kill -"$1" "$run" "${ranks[@]}"
}

stopped=0
longest=0

# Before there is anything to stop, as MPI starts.
start 2 run.ini run.dir=stopped
wait_for 'ranks that handle signals' ready 2
kill -USR1 "${ranks[1]}"
ends 75 SIGUSR1

# Slurm's warning before the time is up: mpirun passes SIGUSR1 on to the ranks.
goes_on 3
kill -USR1 "$run"
ends 75 SIGUSR1
[ "$(readlink stopped/checkpoints/latest)" = "$(printf 'step-%08d.h5' "$stopped")" ] ||
    failed "the latest checkpoint is not that of step $stopped, after which the run was stopped"

# A signal to one rank alone stops them all, whichever signal, on any number of ranks.
for way in 1:INT 2:USR1 3:TERM 2:INT 1:TERM; do
    goes_on "${way%:*}"
    kill "-${way#*:}" "${ranks[-1]}"
    ends 75 "SIG${way#*:}"
done

# The second signal, of another kind, does not wait for the step: here one rank never comes to its end. (What comes within one and a half
# seconds is one signal.)
goes_on 2
kill -STOP "${ranks[0]}"
kill -TERM "${ranks[1]}"
wait_for 'the first signal' is_handled "${ranks[1]}" TERM
sleep 1.8
kill -0 "${ranks[1]}" || failed 'the first signal has ended a rank that waits for another'
kill -USR1 "${ranks[1]}"
ends 138 'a second signal'

# A file stop: one that is left over does nothing, and one that comes later is looked for once a second.
: >stopped/stop
goes_on 2
signal_all STOP
: >stopped/stop
sleep 1.1
signal_all CONT
ends 75 'the file stop in the run directory'
[ ! -e stopped/stop ] || failed 'the file stop is still there'

# The end of a job, which comes near while the run is held up: time for one more such step must be left.
SLURM_JOB_END_TIME=$(($(date +%s) + 3 * longest + 5))
export SLURM_JOB_END_TIME
goes_on 3
signal_all STOP
left=$((SLURM_JOB_END_TIME - $(date +%s)))
sleep $((left > 0 ? left / 2 + 1 : 1))
signal_all CONT
ends 75 'the coming end of the Slurm job'

# Everything killed at once, again and again, at moments that fall where they may.
unset SLURM_JOB_END_TIME
for count in 1 2 3; do
    goes_on $count
    kill_all
    ended
    stopped_by 'being killed'
done

# An end in the past does not keep it from going on.
steps=$((stopped + 40))
SLURM_JOB_END_TIME=1700000000 ranks 2 run.ini run.dir=stopped train.max_steps=$steps
expect_out 'resuming'
expect_err "warning: SLURM_JOB_END_TIME=1700000000 is not a time to come"
ranks 1 run.ini run.dir=whole train.max_steps=$steps
expect_same 'all of it' whole stopped
expect_whole_files stopped
[ ! -s failures ] || cat stops
finish
