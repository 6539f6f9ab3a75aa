#!/usr/bin/env bash
# Usage: kill_test.sh [KILLS]
# All processes of a run are killed at once at random instants, every third time while a checkpoint is being written; the same
# command goes on each time, on other ranks, until the run is done. It must have come to what an undisturbed run comes to, and
# leave no other files. Then the next run begins, until there were so many kills.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

wanted=${1:-15}

small_run 0.002 30
cat >>run.ini <<'END'
log_every = 3
END

# A pipe from which nothing comes, to wait for a moment.
exec {nothing}<> <(:)

# What MPI keeps while ranks run, and leaves behind where they are killed.
shared=$sessions
[ ! -w /dev/shm ] || shared=$(mktemp -d /dev/shm/gdmpi-test.XXXXXX) || exit 1
export OMPI_MCA_btl_vader_backing_directory=$shared OMPI_MCA_osc_sm_backing_directory=$shared
trap 'leave; rm -rf "$shared"' EXIT

shuffles='shard none global'
intervals='1 epoch,7,40 steps'

# choose WORD...: one of them.
choose() {
    local words=("$@")
    chosen=${words[RANDOM % $#]}
}

# seconds TEXT: of a number of microseconds.
seconds() {
    printf '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000))
}

now() {
    echo "${EPOCHREALTIME/./}"
}

# A run in a session of its own, which is $run, as its first process is.
starter=(setsid)

# begin COUNT DIRECTORY: a run in the background.
begin() {
    start "$1" run.ini "${settings[@]}" run.dir="$2"
    starts[$1]=$((${starts[$1]} + 1))
}

# kill_all_of SESSION: all its processes; fails if there are none.
kill_all_of() {
    local file line words killed=1
    for file in /proc/[0-9]*/stat; do
        { read -r line <"$file"; } 2>/dev/null || continue
        # Behind the name, which may have spaces: state, parent, group, session.
        read -ra words <<<"${line##*) }"
        if [ "${words[3]}" = "$1" ] && [ "${words[0]}" != Z ]; then
            file=${file#/proc/}
            kill -KILL "${file%/stat}" 2>/dev/null && killed=0
        fi
    done
    return $killed
}

# kill_session: all processes of the run, until none is left.
kill_session() {
    while kill_all_of "$run"; do
        sleep 0.002
    done
    ended
    rm -rf "${shared:?}"/* "${sessions:?}"/*
}

# run_for MICROSECONDS: so long, or until the run has ended.
run_for() {
    local sleeper
    sleep "$(seconds "$1")" &
    sleeper=$!
    wait -n "$run" "$sleeper"
    kill "$sleeper" 2>/dev/null
    wait "$sleeper" 2>/dev/null
}

# until_saving: until a checkpoint is being written, or the run has ended.
until_saving() {
    until compgen -G "$1/checkpoints/step-*.h5.tmp" >/dev/null || ! kill -0 "$run" 2>/dev/null; do
        read -rt 0.0005 -u "$nothing"
    done
}

# files DIRECTORY: all that is in it, and where its links point.
files() {
    (cd "$1" && find . -printf '%p %l\n' | sort)
}

# to_the_end COUNT DIRECTORY: a run that nobody disturbs.
to_the_end() {
    begin "$1" "$2"
    ended
    expect_code run 0 || finish
}

# undisturbed: $whole is an undisturbed run of these settings.
undisturbed() {
    whole=whole-$shuffle-${every// /-}
    [ -d "$whole" ] || to_the_end 1 "$whole"
}

# done_well: whether the run in `killed` has come to what the undisturbed one did.
done_well() {
    if ! diff <(untimed "$whole") <(untimed killed) >difference; then
        failed "the log differs from the undisturbed run's (shuffle $shuffle, every $every)"
        cat difference
    fi
    if ! "$gdmpi" diff "$whole/model.h5" killed/model.h5 >difference 2>&1; then
        failed "model.h5 is not that of the undisturbed run"
        cat difference
    fi
    if ! diff <(files "$whole") <(files killed) >difference; then
        failed "the files are not those of an undisturbed run (shuffle $shuffle, every $every)"
        cat difference
    fi
}

# take_notice: of how the run in `killed` ended.
take_notice() {
    local code
    code=$(cat code.run)
    ! grep -q '^resuming' out.run || resumed=$((resumed + 1))
    if grep -q 'gdmpi: ' err.run; then
        failed 'a killed run does not go on as it should'
        show run
    elif [ "$code" = 137 ]; then
        kills=$((kills + 1))
        ! compgen -G 'killed/checkpoints/*.tmp' >/dev/null || saving=$((saving + 1))
    elif [ "$code" = 0 ]; then
        runs=$((runs + 1))
        done_well
        next_run
    else
        failed "the exit code is $code"
        show run
    fi
}

# next_run: begins anew, with other settings.
next_run() {
    # shellcheck disable=SC2086 # a word for each
    choose $shuffles
    shuffle=$chosen
    IFS=, read -ra words <<<"$intervals"
    choose "${words[@]}"
    every=$chosen
    settings=(data.shuffle="$shuffle" run.checkpoint_every="$every")
    undisturbed
    rm -rf killed
}

starts=(0 0 0 0)
kills=0 saving=0 runs=0 resumed=0
begun=$SECONDS
next_run
# How long a run takes on each number of ranks, in microseconds.
for count in 1 2 3; do
    rm -rf killed
    before=$(now)
    to_the_end $count killed
    whole_time[count]=$(($(now) - before))
    done_well
done
rm -rf killed
while [ "$kills" -lt "$wanted" ] && [ ! -s failures ]; do
    count=$((RANDOM % 3 + 1))
    begin $count killed
    run_for $(((RANDOM * 32768 + RANDOM) % whole_time[count]))
    [ $((RANDOM % 3)) != 0 ] || until_saving killed
    kill_session 2>/dev/null
    take_notice
done
# The last one to its end.
if [ ! -s failures ]; then
    to_the_end 3 killed
    take_notice
fi
echo "$kills kills, $saving of them in the middle of a save; $runs runs came to their end; of ${starts[1]}, ${starts[2]} and" \
    "${starts[3]} starts on 1, 2 and 3 ranks $resumed went on from a checkpoint; $((SECONDS - begun)) s"
finish
