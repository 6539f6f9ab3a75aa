#!/usr/bin/env bash
# [stop] ends a run at the epoch that its log says, with the parameters of the best one, on any number of ranks and after any
# resume.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

# 11 steps an epoch; soon it learns by heart.
small_run 0.02 40
cat >>run.ini <<'END'
checkpoint_every = 8
keep = 1000
END

# value KEY: in the last line of the log of the last run.
value() {
    sed -n '$ s/.*"'"$1"'": "\{0,1\}\([^",}]*\).*/\1/p' next/metrics.jsonl
}

# ends REASON: the last run did so, before all epochs.
ends() {
    [ "$(value reason)" = "$1" ] || failed "the reason is '$(value reason)', not '$1'"
    [ "$(value epochs)" -lt 40 ] || failed "$1 does not stop the run"
}

# column KEY: of all epochs.
column() {
    sed -n '/"event": "epoch"/ s/.*"'"$1"'": \([^,}]*\).*/\1/p' next/metrics.jsonl
}

# stops_at CONDITION KEY...: the last run did so after the first epoch for whose values this holds.
stops_at() {
    local condition=$1 key first
    shift
    for key; do
        column "$key" >"column.$key"
    done
    first=$(paste -d ' ' "${@/#/column.}" | awk "$condition { print NR; exit } { before = \$1 }")
    [ "$(value epochs)" = "$first" ] || failed "epoch $(value epochs) is not the first with $condition ($*), which is '$first'"
}

# follows KEY SIGN DELTA PATIENCE: the best epoch and the last are those that this metric makes; with sign 1 lower is better.
follows() {
    column "$1" | awk -v sign="$2" -v delta="$3" -v patience="$4" '
        NR == 1 || sign * (best - $1) > delta { best = $1; at = NR }
        NR - at >= patience { print at, NR; exit }' >wanted
    echo "$(value best_epoch) $(value epochs)" | diff wanted - || failed "the best epoch and the last do not follow $1"
}

# model_is_of EPOCH: the model of the last run has the digest of the checkpoint at the end of that epoch.
model_is_of() {
    local line='"event": "checkpoint", "epoch": '"$1, \"step\": $((11 * $1)),"
    grep "$line" next/metrics.jsonl | grep -q "\"$(digest next)\"" || failed "the digest is not that of epoch $1"
    expect_out "^model +next/model.h5, digest $(digest next), of epoch $1\$"
}

# end_of DIRECTORY: the last line of its log, without times.
end_of() {
    untimed "$1" | tail -n 1
}

# goes_on WHAT STEP OVERRIDE...: from the checkpoint of a step of the last run, alone in another directory, on another number of
# ranks.
goes_on() {
    local what=$1 step
    step=step-$(printf %08d "$2").h5
    shift 2
    rm -rf again saved && mkdir saved && cp "next/checkpoints/$step" saved
    ranks 3 run.ini run.dir=again run.resume="saved/$step" "$@"
    diff <(end_of next) <(end_of again) || failed "$what from $step: the ends differ"
}

early=(stop.patience=3 stop.min_delta=0.001)
same_on patience '1 3 4:message' run.ini "${early[@]}"
ends patience
follows val_loss 1 0.001 3
best=$(value best_epoch)
model_is_of "$best"
for step in $((11 * best / 8 * 8)) $((11 * best)) $(((11 * best + 13) / 8 * 8)) $((11 * best + 33)); do
    goes_on patience "$step" "${early[@]}"
done

# A run that is done stays so; without its model, only that is made again; with more patience it goes on.
digest=$(digest next)
ranks 2 run.ini run.dir=next "${early[@]}"
expect_out '^finished '
rm next/model.h5
ranks 2 run.ini run.dir=next "${early[@]}"
[ "$(digest next | tail -n 1)" = "$digest" ] || failed 'the model is another when it is made again'
ranks 2 run.ini run.dir=next stop.patience=5 stop.min_delta=0.001
follows val_loss 1 0.001 5
ranks_end 2 1 run.ini run.dir=next stop.min_delta=0.001
expect_message run 'a run that goes on may change it, but not to or from 0'

# The metric of validation, with an average and what else a model has; the training loss, where there is no other.
average=(stop.patience=2 stop.metric=val_accuracy optimizer.ema=0.9 'model.layers=batch_norm, dense 24, relu, dense 3')
same_on 'the accuracy' '1 3' run.ini "${average[@]}"
ends patience
follows val_accuracy -1 0 2
goes_on 'the accuracy' $((11 * $(value best_epoch) / 8 * 8 + 8)) "${average[@]}"
metric=(stop.patience=2 stop.metric=val_f1 stop.target=0.999 run.metrics=f1)
same_on 'the mean of f1' '1 3' run.ini "${metric[@]}"
ends patience
follows val_f1 -1 0 2
goes_on 'the mean of f1' $((11 * $(value epochs))) "${metric[@]}"
same_on 'the training loss' '2' run.ini stop.patience=1 stop.metric=train_loss data.val=
ends patience
follows train_loss 1 0 1

# How near the end of learning is.
target=$(column train_loss | sed -n 3p)
same_on target '2' run.ini stop.metric=train_loss stop.target="$target"
ends target
stops_at "\$1 <= $target" train_loss
same_on grad_norm '1 3' run.ini train.batch_size=0 stop.grad_norm=0.3
ends grad_norm
stops_at '$1 <= 0.3' grad_norm
same_on loss_change '1 3' run.ini stop.loss_change=0.05
ends loss_change
stops_at 'NR > 1 && (before - $1) ^ 2 <= (0.05 * before) ^ 2' train_loss

# Of plain descent: a step of all rows changes the parameters by lr times the gradient.
descent=(train.batch_size=0 optimizer.name=sgd optimizer.lr=0.5 'model.layers=dense 3' stop.param_change=0.05)
same_on param_change '1 3 4:message' run.ini "${descent[@]}"
ends param_change
stops_at '0.5 * $1 / $2 <= 0.05' grad_norm param_norm
small=(optimizer.lr=0.002 stop.param_change=0.04)
same_on 'the change over many steps' '1 3' run.ini "${small[@]}"
ends param_change
goes_on 'the change over many steps' 8 "${small[@]}"

# After all epochs there is no other reason.
ranks 2 run.ini run.dir=next run.resume=never train.epochs=2
[ "$(value reason) $(value epochs)" = 'epochs 2' ] || failed "the reason is '$(value reason)', not 'epochs'"

expect_error 2 'metric.*: there are no validation rows for val_loss; train_loss is possible' run.ini data.val= stop.patience=1
expect_error 2 'stop.metric.*: val_rmse makes no sense for cross_entropy' run.ini stop.metric=val_rmse
expect_error 2 'stop.metric.*: val_f1 needs f1 among run.metrics' run.ini stop.metric=val_f1
finish
