#!/usr/bin/env bash
# The event file of run.tensorboard says what metrics.jsonl says, on any number of ranks, after kills and resumes, and changes
# nothing else. It is read by check_events.py, which shares no code with what writes it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"
python=${PYTHON:-/usr/bin/python3}

"$python" -c '' 2>/dev/null || { echo 'no Python' && exit 77; }

small_run 0.002 4
cat >>run.ini <<'END'
log_every = 3
tensorboard = yes
metrics = f1, confusion_matrix
END

# expect_events DIRECTORY: that is so; $events is a file with TIME STEP NAME of each event.
expect_events() {
    events=events.$1
    "$python" "$root/tests/run/check_events.py" "$1" >"$events" 2>wrong || { failed "the event file in $1" && cat wrong; }
}

# expect_same_but_times A B: the event files in two directories tell the same steps.
expect_same_but_times() {
    diff <(cut -d' ' -f2- "events.$1") <(cut -d' ' -f2- "events.$2") || failed "the event files in $1 and $2 differ"
}

ranks 1 run.ini run.dir=off run.tensorboard=no
! compgen -G 'off/*tfevents*' >/dev/null || failed 'an event file that nobody asked for'
for count in 1 3; do
    ranks $count run.ini run.dir=on-$count
    expect_events on-$count
    expect_same "an event file, on $count ranks" off on-$count
    diff <(untimed off) <(untimed on-$count) || failed 'an event file changes the log'
    "$gdmpi" diff off/model.h5 on-$count/model.h5 >difference || { failed 'an event file changes the model' && cat difference; }
done
expect_same_but_times on-1 on-3
[ "$(grep -c ' epoch/train_loss$' events.on-1)" = 4 ] || failed 'there are not 4 epochs'

# Killed at some step each time, and its last record torn.
ranks 1 run.ini run.dir=whole train.epochs=40
expect_events whole
for step in 51 150 249; do
    start 3 run.ini run.dir=killed train.epochs=40
    wait_for "step $step" has_step killed $step
    { kill_all && ended; } 2>/dev/null
    truncate -s -7 killed/*tfevents*
done
rm -f killed/model.h5
ranks 1 run.ini run.dir=killed train.epochs=40
expect_events killed
expect_same_but_times whole killed

# A finished run does nothing; one that goes on keeps the times of what was told, also if it began without.
before=$(cksum on-3/*tfevents*)
ranks 3 run.ini run.dir=on-3
[ "$(cksum on-3/*tfevents*)" = "$before" ] || failed 'a run that does nothing changes the event file'
ranks 1 run.ini run.dir=on-3 train.epochs=6
cp events.on-3 before
expect_events on-3
diff before <(head -n "$(wc -l <before)" "$events") || failed 'times are not kept'
ranks 1 run.ini run.dir=off train.epochs=6
expect_events off
expect_same_but_times on-3 off

# Another run, with a text on what is wrong with it.
for count in 1 3; do
    ranks $count run.ini run.dir=on-1 run.resume=never optimizer.lr=1e-6 train.epochs=12 'model.layers=dense 24, relu, dense 3'
    expect_events on-1
    grep -q ' 132 diagnosis$' "$events" || failed 'no diagnosis'
done

# A limit to the size of a file stands for the disk, as in disk_test.sh: the event file is the first to be so long.
cat >limited <<'END'
#!/usr/bin/env bash
ulimit -f 1
exec "$GDMPI" "$@"
END
chmod +x limited
export GDMPI=$gdmpi
for count in 1 3; do
    rm -rf full
    (gdmpi=./limited OMPI_MCA_btl=self,tcp launch run $count run.ini run.dir=full train.reduce=message)
    expect_code run 1 && expect_message run 'full/events.out.tfevents.[0-9]*.gdmpi: cannot be written: File too large'
    ranks $count run.ini run.dir=full
    expect_events full
done
finish
