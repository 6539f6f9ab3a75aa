#!/usr/bin/env bash
# Learning rates in the log are those of the schedule, on any number of ranks and after any resume.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

# 11 steps an epoch, 132 in all.
small_run 0.05 12
cat >>run.ini <<'END'
log_every = 1
checkpoint_every = 8
keep = 100
END

# numbers EVENT KEY...: the values of the keys in each line of this event in the log of the last run.
numbers() {
    local event=$1 key
    shift
    for key; do
        sed -n '/"event": "'"$event"'"/ s/.*"'"$key"'": \([^,}]*\).*/\1/p' next/metrics.jsonl >"column.$key"
    done
    paste -d ' ' "${@/#/column.}"
}

# goes_on WHAT STEP OVERRIDE...: from the checkpoint of a step of the last run, on another number of ranks.
goes_on() {
    local what=$1 step=$2
    shift 2
    rm -rf again && cp -a next again
    ranks 3 run.ini run.dir=again run.resume="again/checkpoints/step-$(printf %08d "$step").h5" "$@"
    expect_same "$what from step $step" next again
}

# follows LOSS: the learning rates of epochs are those that ReduceLROnPlateau makes of this loss, once warm-up is over.
follows() {
    numbers epoch step "$1" lr | awk '
        BEGIN { rate = 0.05 }
        $1 > 14 {
            if ($3 - rate > 1e-15 || rate - $3 > 1e-15) { print "step", $1 ": lr", $3, "is not", rate; wrong = 1 }
            if (!best || $2 < best * (1 - 0.05)) { best = $2; bad = 0 } else { bad++ }
            if (cooldown > 0) { cooldown--; bad = 0 }
            if (bad > 1) { rate *= 0.5; cooldown = 1; bad = 0; falls++ }
        }
        END { exit wrong || NR != 12 || falls < 1 }' || failed "plateau does not follow $1"
}

plateau=(schedule.name=plateau schedule.patience=1 schedule.factor=0.5 schedule.threshold=0.05 schedule.cooldown=1
    schedule.warmup_steps=14)
same_on plateau '1 2' run.ini "${plateau[@]}"
follows val_loss
for step in 32 48 64; do
    goes_on plateau "$step" "${plateau[@]}"
done
same_on 'plateau without validation' '2' run.ini "${plateau[@]}" data.val=
follows train_loss

cosine=(schedule.name=cosine schedule.warmup_steps=14)
same_on cosine '1 2' run.ini "${cosine[@]}"
numbers step step lr | awk '
    {
        t = $1 - 1
        rate = t < 14 ? 0.05 * (t + 1) / 14 : 0.05 * (1 + cos(3.14159265358979323846 * (t - 14) / 118)) / 2
        if ($2 - rate > 1e-15 || rate - $2 > 1e-15) { print "step", $1 ": lr", $2, "is not", rate; wrong = 1 }
    }
    END { exit wrong || NR != 132 }' || failed 'cosine is another curve'
goes_on cosine 64 "${cosine[@]}"
ranks 1 check run.ini "${cosine[@]}" run.dir=none
expect_out '^schedule +cosine, after 14 steps of warm-up: lr 0.00357 in the first step, .*halfway, .* in the last$'

# More epochs, and another end of the schedule; but not another schedule.
ranks 2 run.ini "${cosine[@]}" run.dir=next train.epochs=14
[ "$(tail -n 2 next/metrics.jsonl | grep -c '"epoch": 14,')" = 1 ] || failed 'cosine does not go on to more epochs'
ranks_end 2 1 run.ini run.dir=next schedule.name=cosine schedule.warmup_steps=3
expect_message run "schedule.warmup_steps is '3 steps' but the checkpoint's run had '14 steps'"
finish
