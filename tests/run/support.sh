# What the scripts in this folder share. They run in the build folder, where they make a folder of their own
# and go into it; what does not hold is printed, and the script ends with 1.
# shellcheck shell=bash disable=SC2034
set -u

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$PWD
gdmpi=$build/gdmpi
make_data=$build/tests/run/make_data
folder=$(mktemp -d "$build/run-test.XXXXXX") || exit 1
# For what MPI keeps while ranks run; in a short path, since sockets are in it.
sessions=$(mktemp -d) || exit 1
cases=0
checks=no
limit=60 # seconds, of a run

export OPENBLAS_NUM_THREADS=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
# Ranks of one host: looking for a network takes longer than a run here.
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader
# With a sanitizer: what MPI never frees takes long to tell from the rest, at the end of each of many runs.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0:fast_unwind_on_malloc=1"
# Marks the processes that this script starts: ranks are in process groups of their own.
export GD_RUN_TEST=$folder

# The processes of this script's runs.
processes() {
    local environment pid
    for environment in /proc/[0-9]*/environ; do
        pid=${environment//[!0-9]/}
        if [ "$pid" != "$$" ] && [ "$pid" != "$BASHPID" ] &&
            grep -qzFx "GD_RUN_TEST=$folder" "$environment" 2>/dev/null &&
            [ "$(readlink "/proc/$pid/exe")" != "$BASH" ]; then
            echo "$pid"
        fi
    done
}

# Kills them all at once, and waits until none is left.
kill_all() {
    local pids
    while pids=$(processes) && [ -n "$pids" ]; do
        # shellcheck disable=SC2086 # a word for each
        kill -KILL $pids 2>/dev/null
        sleep 0.02
    done
}

leave() {
    cd "$build" && rm -rf "$folder" "$sessions"
}
trap leave EXIT
trap 'kill_all; exit 1' INT TERM
cd "$folder" || exit 1

# failed WHAT...: one thing does not hold.
failed() {
    echo "FAILED: $*"
    echo "$*" >>failures
}

# finish: the last line of a script.
finish() {
    wait
    cat report.* 2>/dev/null
    [ ! -s failures ] || exit 1
    exit 0
}

# launch NAME N ARGUMENT...: gdmpi on N ranks, one by itself; out.NAME, err.NAME and code.NAME are what it leaves.
launch() {
    local name=$1 count=$2 command session
    shift 2
    read -ra command <<<"${MPIRUN:-mpirun} -np $count"
    echo "on $count ranks: gdmpi $*" >"command.$name"
    [ "$count" -gt 1 ] || command=()
    # Of two mpiruns, one may remove the folder of their sessions while the other makes it.
    session=$(mktemp -d "$sessions/XXXX") || return
    TMPDIR=$session timeout -s KILL "$limit" "${command[@]}" "$gdmpi" "$@" >"out.$name" 2>"err.$name" </dev/null
    echo "$?" >"code.$name"
}

# show NAME: what a run left.
show() {
    cat "command.$1"
    echo "exit code $(cat "code.$1")"
    sed 's/^/  out: /' "out.$1"
    sed 's/^/  err: /' "err.$1"
}

# expect_code NAME CODE: how a run must have ended.
expect_code() {
    if [ "$(cat "code.$1")" != "$2" ]; then
        failed "the exit code is not $2"
        show "$1"
        return 1
    fi
}

# ranks N ARGUMENT...: a run that must succeed.
ranks() {
    launch run "$@"
    expect_code run 0
}

# ranks_end CODE N ARGUMENT...: a run that must end with this code.
ranks_end() {
    local code=$1
    shift
    launch run "$@"
    expect_code run "$code"
}

# expect_out PATTERN, expect_err PATTERN: what the last run must have printed.
expect_out() {
    grep -Eq -- "$1" out.run || { failed "no '$1' on standard output" && show run; }
}

expect_err() {
    grep -Eq -- "$1" err.run || { failed "no '$1' on standard error" && show run; }
}

# expect_message NAME PATTERN: a run must have printed one message, and it has this.
expect_message() {
    local count
    count=$(grep -c '^gdmpi: ' "err.$1")
    if [ "$count" != 1 ]; then
        failed "$count messages instead of one"
        show "$1"
    elif ! grep '^gdmpi: ' "err.$1" | grep -Eq -- "$2"; then
        failed "no '$2' in the message"
        show "$1"
    fi
}

# error_case CASE CODE PATTERN ARGUMENT...: the work of expect_error.
error_case() {
    local case=$1 code=$2 pattern=$3 way
    shift 3
    # mpirun ends the other ranks when the first has ended with an error; it need not wait a second for them.
    local -x OMPI_MCA_odls_base_sigkill_timeout=0
    launch "$case.1" 1 "$@" &
    launch "$case.3" 3 "$@" &
    [ "$checks" = no ] || launch "$case.check" 2 check "$@" &
    wait
    for way in 1 3 check; do
        if [ "$way" != check ] || [ "$checks" = yes ]; then
            expect_code "$case.$way" "$code" && expect_message "$case.$way" "$pattern"
        fi
    done
}

# expect_error CODE PATTERN ARGUMENT...: a run of these arguments must end so on 1 rank and on 3, with one message that has PATTERN;
# where $checks is yes, gdmpi check as well. Goes on while it runs.
expect_error() {
    cases=$((cases + 1))
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
        wait -n
    done
    error_case "$cases" "$@" >"report.$cases" &
}

# small_run LR EPOCHS [LAYERS]: makes classes.h5, of 203 rows for training and 61 for validation, and run.ini, which trains a small
# network on them. Uneven: 4 shards of 51, 51, 51 and 50 rows, and an epoch of 10 steps of 20 rows and one of 3. What is added
# at the end of run.ini belongs to [run].
small_run() {
    "$make_data" classes classes.h5 203 61 || exit 1
    cat >run.ini <<END
[data]
file = classes.h5
shards = 4

[model]
layers = ${3:-dense 24, relu, dropout 0.3, dense 3}
loss = cross_entropy

[optimizer]
name = adam
lr = $1

[train]
epochs = $2
batch_size = 20

[run]
END
}

# wait_for WHAT COMMAND...: waits until it succeeds, as long as the run in the background is there, whose process is $run.
wait_for() {
    local what=$1 tries=0
    shift
    while ! "$@"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 3000 ] || ! kill -0 "$run" 2>/dev/null; then
            failed "$what has not come"
            show run
            kill_all
            finish
        fi
        sleep 0.01
    done
}

# has_step DIRECTORY STEP: whether the run has logged this step.
has_step() {
    grep -qs "\"event\": \"step\".*\"step\": $2," "$1/metrics.jsonl"
}

# digest DIRECTORY: of the final parameters of a run.
digest() {
    sed -n '/"event": "end"/ s/.*"digest": "\([0-9a-f]*\)".*/\1/p' "$1/metrics.jsonl"
}

# untimed DIRECTORY: metrics.jsonl without times.
untimed() {
    sed -E 's/"([a-z_]*seconds|[a-z_]*per_second)": [^,}]*/"\1"/g' "$1/metrics.jsonl"
}

# log DIRECTORY: the same without checkpoints, which an interruption adds.
log() {
    untimed "$1" | grep -v '"event": "checkpoint"'
}

# expect_whole_files DIRECTORY: nothing half written is in a run's directory.
expect_whole_files() {
    if compgen -G "$1/*.tmp" >/dev/null || compgen -G "$1/checkpoints/*.tmp" >/dev/null; then
        failed "half written files are left in $1"
    fi
}

# expect_same WHAT A B: the runs in two directories must have come to the same, in every step.
expect_same() {
    local what=$1 a b
    a=$(digest "$2") b=$(digest "$3")
    if [ -z "$a" ] || [ "$a" != "$b" ]; then
        failed "$what: the digests are '$a' ($2) and '$b' ($3)"
    elif ! diff <(log "$2") <(log "$3") >difference; then
        failed "$what: the logs differ"
        sed 's/^/  /' difference
    fi
}

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
