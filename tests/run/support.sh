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
ways='1 3' # of expect_error; of numbers of ranks, those of GD_TEST_RANKS
limit=240 # seconds, of a run, or of what must come

export OPENBLAS_NUM_THREADS=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
# Ranks of one host: looking for a network takes longer than a run here.
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader
# With a sanitizer: what MPI never frees takes long to tell from the rest, at the end of each of many runs.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0:fast_unwind_on_malloc=1"
# One rank by itself needs no helper of MPI's.
export OMPI_MCA_ess_singleton_isolated=1
# mpirun ends the other ranks when the first has ended with an error; it need not wait a second for them.
export OMPI_MCA_odls_base_sigkill_timeout=0
# Marks the processes that this script starts: ranks are in process groups of their own.
export GD_RUN_TEST=$folder

# The processes of this script's runs.
processes() {
    local environment pid environments
    environments=$(grep -lszFx "GD_RUN_TEST=$folder" /proc/[0-9]*/environ)
    for environment in $environments; do
        pid=${environment//[!0-9]/}
        if [ -e "/proc/$pid/exe" ] && [ ! "/proc/$pid/exe" -ef "$BASH" ]; then
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

# names TITLE: of the methods that --help lists under it.
names() {
    "$gdmpi" --help | sed -n "/^$1 (/,/^\$/ s/^  \([a-z0-9_][a-z0-9_]*\).*/\1/p"
}

# choices KEY: that a setting has, as --help lists them.
choices() {
    "$gdmpi" --help | grep -B 1 "^$1 = " | sed -n 's/.*: one of //p' | tr -d , | tr ' ' '\n'
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
    local case=$1 code=$2 pattern=$3 way ways=$ways
    shift 3
    [ -z "${GD_TEST_RANKS-}" ] || ways=$(grep -owE "check|${GD_TEST_RANKS// /|}" <<<"$ways")
    for way in $ways; do
        case $way in
            check) launch "$case.$way" 1 check "${@//%/$case.$way}" & ;;
            *) launch "$case.$way" "$way" "${@//%/$case.$way}" & ;;
        esac
    done
    wait
    for way in $ways; do
        expect_code "$case.$way" "$code" && expect_message "$case.$way" "$pattern"
    done
}

# expect_error CODE PATTERN ARGUMENT...: a run of these arguments must end so, on each number of ranks in $ways, with one message
# that has PATTERN; for the word check, gdmpi check does. Goes on while it runs, beside others: where an argument has a %, there
# is something else in each, for the names of files.
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

# momentum_run EPOCHS BATCH_SIZE: makes classes.h5, of 60 rows for training and 20 for validation, and run.ini, which
# trains a network of 4 tensors on them.
momentum_run() {
    "$make_data" classes classes.h5 60 20 || exit 1
    cat >run.ini <<END
[data]
file = classes.h5
shards = 3

[model]
layers = dense 8, tanh, dense 3
loss = cross_entropy

[optimizer]
name = momentum
lr = 0.1

[train]
epochs = $1
batch_size = $2
END
}

# start N ARGUMENT...: gdmpi on N ranks in the background; $run is the process of its mpirun, or of the one rank. It is started by
# the words of the array `starter`.
starter=()
start() {
    local command=() session
    [ "$1" = 1 ] || read -ra command <<<"${MPIRUN:-mpirun} -np $1"
    echo "on $1 ranks: gdmpi ${*:2}" >command.run
    session=$(mktemp -d "$sessions/XXXX") || exit 1
    shift
    TMPDIR=$session "${starter[@]}" "${command[@]}" "$gdmpi" "$@" >out.run 2>err.run </dev/null &
    run=$!
}

# ended: waits until the run in the background has.
ended() {
    wait "$run" 2>/dev/null
    echo "$?" >code.run
}

# find_ranks: $ranks are the processes of the ranks in the background. What a rank starts for a moment looks as it does, but has
# a rank for its parent.
find_ranks() {
    local pid words rank
    ranks=()
    for pid in $(processes); do
        words=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null)
        read -ra words <<<"$words"
        if [ "/proc/$pid/exe" -ef "$gdmpi" ] && [ ! "/proc/${words[1]-}/exe" -ef "$gdmpi" ]; then
            rank=$(sed -zn 's/^\(OMPI_COMM_WORLD\|PMI\|PMIX\)_RANK=//p' "/proc/$pid/environ" 2>/dev/null | tr '\0' ' ')
            ranks[${rank%% *}]=$pid
        fi
    done
}

# wait_for WHAT COMMAND...: waits until it succeeds, as long as the run in the background is there, whose process is $run.
wait_for() {
    local what=$1 last=$((SECONDS + limit))
    shift
    while ! "$@"; do
        if [ "$SECONDS" -gt "$last" ] || ! kill -0 "$run" 2>/dev/null; then
            failed "$what has not come"
            kill_all
            ended
            show run
            finish
        fi
        sleep 0.01
    done
}

# has_step DIRECTORY STEP: whether the run has logged this step.
has_step() {
    grep -qs "\"event\": \"step\".*\"step\": $2," "$1/metrics.jsonl"
}

# help_commands, help_settings: the words of the commands, and "SECTION KEY VALUE" of each setting, in what the file help has of
# gdmpi --help.
help_commands() {
    sed -n '/^Usage/,/^$/ s/^  gdmpi \([a-z][a-z-]*\) .*/\1/p' help
}

help_settings() {
    awk '/^Settings/ { told = 1 }
        /^\[/ { section = substr($1, 2, length($1) - 2) }
        told && NF && line == 1 && !/^\[/ { sub(/^; /, ""); sub(/ =/, ""); print section, $0 }
        { line = NF == 0 ? 0 : line + 1 }' help
}

# digest DIRECTORY: of the final parameters of a run.
digest() {
    sed -n '/"event": "end"/ s/.*"digest": "\([0-9a-f]*\)".*/\1/p' "$1/metrics.jsonl"
}

# untimed DIRECTORY: metrics.jsonl without times and memory.
untimed() {
    sed -E 's/"([a-z_]*seconds|[a-z_]*per_second|[a-z_]*bytes)": [^,}]*/"\1"/g' "$1/metrics.jsonl"
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
