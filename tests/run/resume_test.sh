#!/usr/bin/env bash
# A run that is stopped, killed or damaged goes on, on any number of ranks, and ends as one that never was.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

# 143 steps in all.
small_run 0.003 13
cat >>run.ini <<'END'
log_every = 3
verify_every = 6
checkpoint_every = 7
keep = 2
END

ranks 2 run.ini run.dir=whole
[ "$(grep -c '"event": "epoch"' whole/metrics.jsonl)" = 13 ] || failed 'the log has not 13 epochs'
[ "$(grep -c '"event": "step"' whole/metrics.jsonl)" = 47 ] || failed 'the log has not 47 steps'
sed -n 's/.*"checkpoint".*"step": \([0-9]*\),.*/\1/p' whole/metrics.jsonl >saved
for ((step = 7; step <= 143; step += 7)); do
    grep -qx "$step" saved || failed "no checkpoint at step $step, with checkpoint_every = 7"
done
tail -n 1 saved | grep -qx 143 || failed 'the last checkpoint is not that of the end'

# checkpoints DIRECTORY: the files in it.
checkpoints() {
    (cd "$1/checkpoints" && echo step-*.h5)
}

best=$(readlink whole/checkpoints/best)
kept=$(printf '%s\n' step-00000140.h5 step-00000143.h5 "$best" | sort -u | paste -sd ' ')
[ "$(checkpoints whole)" = "$kept" ] || failed "keep = 2 leaves $(checkpoints whole), not $kept"
[ "$(readlink whole/checkpoints/latest)" = step-00000143.h5 ] || failed 'latest is not the last checkpoint'

# Stopped, and told to go on later.
ranks 1 run.ini run.dir=steps train.max_steps=40
[ "$(tail -n 1 steps/metrics.jsonl | grep -c '"reason": "max_steps"')" = 1 ] || failed 'no reason max_steps'
ranks 3 run.ini run.dir=steps train.max_steps=80
expect_out 'resuming .*step-00000040.h5: 3 epochs and 40 steps are done'
ranks 2 run.ini run.dir=steps
expect_same 'max_steps raised twice' whole steps

ranks 2 run.ini run.dir=epochs train.epochs=5
ranks 3 run.ini run.dir=epochs
expect_same 'epochs raised' whole epochs

ranks_end 75 1 run.ini run.dir=seconds train.max_seconds=0.001
expect_message run 'stopped by train.max_seconds after step 1 .*run the same command again to continue'
ranks_end 75 2 run.ini run.dir=seconds train.max_seconds=0.001
[ "$(grep -c '"event": "end", .*"reason": "train.max_seconds"' seconds/metrics.jsonl)" = 1 ] ||
    failed 'a run that was stopped by max_seconds has not one end line that says so'
ranks 3 run.ini run.dir=seconds
expect_same 'max_seconds' whole seconds

# A run that is finished says so, and changes nothing.
cp -a whole finished && sum=$(find finished -type f -exec cksum {} + | sort)
ranks 3 run.ini run.dir=finished
expect_out 'finished .*13 epochs, 143 steps are done already: finished/model.h5'
[ "$(find finished -type f -exec cksum {} + | sort)" = "$sum" ] || failed 'a finished run was written to'
rm finished/model.h5
ranks 1 run.ini run.dir=finished
expect_same 'killed before the model was written' whole finished
[ -f finished/model.h5 ] || failed 'the model is not written once more'

# Killed before the checkpoints that are not to be kept were removed.
cp -a whole crowded && rm crowded/model.h5 && cp whole/checkpoints/step-00000140.h5 crowded/checkpoints/step-00000007.h5
ranks 1 run.ini run.dir=crowded
diff <(ls whole/checkpoints) <(ls crowded/checkpoints) || failed 'more checkpoints are kept than should be'

# Killed between the last checkpoint and the model: its line stays in the log.
cp -a whole almost && rm almost/model.h5
ranks 2 run.ini run.dir=almost
diff <(untimed whole) <(untimed almost) || failed 'a run that was killed before its model was written has another log'

# A log that is shorter than it was when the checkpoint was made.
cp -a steps short && rm short/model.h5 && truncate -s 100 short/metrics.jsonl
ranks 2 run.ini run.dir=short
expect_err 'gdmpi: warning: short/metrics.jsonl had [0-9]+ bytes when the checkpoint was made, and now has 100: lines are missing'
[ "$(digest short)" = "$(digest whole)" ] || failed 'a shorter log changes the parameters'

# lines DIRECTORY: metrics.jsonl without times, but for its end.
lines() {
    untimed "$1" | grep -v '"event": "end"'
}

# Back to every checkpoint that a run has kept, most of them in mid-epoch, twice in a row: a resume of a resume.
ranks 2 run.ini run.dir=kept train.epochs=3 run.keep=100
count=0
for file in kept/checkpoints/step-*.h5; do
    [ "$(basename "$file")" != step-00000033.h5 ] || continue
    rm -rf again && cp -a kept again
    count=$((count % 4 + 1))
    ranks_end 75 $count run.ini run.dir=again train.epochs=3 run.keep=100 train.max_seconds=0.001 \
        run.resume="$PWD/again/${file#kept/}" || break
    ranks $((5 - count)) run.ini run.dir=again train.epochs=3 run.keep=100
    expect_same "from $file" kept again
    diff <(lines kept) <(lines again) >difference || { failed "from $file: other lines" && cat difference; }
done

# From one of the run's own checkpoints, by its path; from another run's into a new directory; from the start.
cp -a whole back
ranks 2 run.ini run.dir=back run.resume=back/checkpoints/step-00000140.h5
expect_out 'resuming  back/checkpoints/step-00000140.h5'
expect_same 'resume = PATH of the same run' whole back
ranks 2 run.ini run.dir=fork run.resume=whole/checkpoints/step-00000140.h5
[ "$(digest fork)" = "$(digest whole)" ] || failed 'resume = PATH of another run comes to another digest'
expect_error 2 'already holds checkpoints' run.ini run.dir=fork run.resume=whole/checkpoints/step-00000140.h5
ranks 2 run.ini run.dir=back run.resume=never
grep -q resuming out.run && failed 'resume = never has resumed'
expect_same 'resume = never' whole back

# The same rows in another file are the same data; other rows in the same file are not.
ranks 2 run.ini run.dir=moved train.epochs=2
mkdir elsewhere && cp classes.h5 elsewhere/rows.h5
ranks 3 run.ini run.dir=moved train.epochs=3 data.train=elsewhere/rows.h5:/train data.val=elsewhere/rows.h5:/val
ranks 1 run.ini run.dir=three train.epochs=3
expect_same 'data that were moved' three moved
"$make_data" x-changed changed.h5 203 61 || exit 1
expect_error 2 "changed.h5:/train has other rows than the checkpoint's run had; .* is of another run: to continue that run, use its settings" \
    run.ini run.dir=moved train.epochs=4 data.file=changed.h5
expect_error 2 "'allreduce' does not come to the bits of 'auto'" run.ini run.dir=moved train.epochs=4 train.reduce=allreduce
expect_error 2 "train.threads is '2' but the checkpoint's run had '1'" run.ini run.dir=moved train.epochs=4 train.threads=2

# The parameters of a model are those that its digest is of.
ranks 2 run.ini run.dir=from model.init_from=whole/model.h5 optimizer.name=sgd optimizer.lr=0 train.epochs=1
[ "$(digest from)" = "$(digest whole)" ] || failed 'init_from starts from other parameters than the model has'

# Shards that were one per rank are as many on other ranks, once their number is given.
ranks 3 run.ini run.dir=pinned data.shards=0 train.epochs=2
ranks_end 2 2 run.ini run.dir=pinned data.shards=0 train.epochs=3
expect_message run 'this run has 2 shards, but .* was written with 3; set data.shards to 3;'
ranks 1 run.ini run.dir=pinned data.shards=3 train.epochs=3
ranks 2 run.ini run.dir=three data.shards=3 train.epochs=3 run.resume=never
expect_same 'shards that are given after the start' three pinned
finish
