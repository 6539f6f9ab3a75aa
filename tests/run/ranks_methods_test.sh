#!/usr/bin/env bash
# As in ranks_test.sh, any number of ranks comes to the same bits: here with each method and setting by itself, all that
# gdmpi --help lists.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" classes large.h5 601 700 || exit 1
"$make_data" weighted weighted.h5 203 61 || exit 1
"$make_data" values values.h5 150 || exit 1
"$make_data" flags flags.h5 150 || exit 1
"$make_data" levels levels.h5 203 61 || exit 1

# The parameters are three of the blocks that ranks share out.
small_run 0.003 2 'dense 1000, relu, dropout 0.3, dense 3'
cat >>run.ini <<'END'
log_every = 1
verify_every = 4
END

cat >values.ini <<'END'
[data]
file = values.h5
shards = 4
val_fraction = 0.2

[model]
layers = dense 8, tanh, dense 2
loss = mse

[optimizer]
lr = 0.05

[train]
epochs = 3
batch_size = 23

[run]
log_every = 1
END

# Each has an effect.
same_on plain '1 3 4:message' run.ini
echo "plain $(digest first)" >digests
[ "$(grep -c '"event": "step".*"digest": "[0-9a-f]\{16\}"' first/metrics.jsonl)" = 5 ] ||
    failed 'verify_every = 4 does not give 22 steps 5 digests'
sed -n 's/.*"event": "step".*"digest": "\([0-9a-f]*\)".*/\1/p' first/metrics.jsonl |
    diff - <(sed -n "s/^ .* digest //p" out.run) || failed 'the digests printed are not those of the log'
while read -r what overrides; do
    read -ra list <<<"$overrides"
    same_on "$what" '1 3' run.ini "${list[@]}"
    if grep " $(digest first)\$" digests; then
        failed "$what has no effect"
    fi
    echo "$what $(digest first)" >>digests
done <<'END'
clip_norm optimizer.clip_norm=0.3
clip_value optimizer.clip_value=0.02
weight_decay optimizer.weight_decay=0.1
l1 optimizer.l1=0.01
l2 optimizer.l2=0.1
max_norm optimizer.max_norm=0.4 optimizer.ema=0.9
ema optimizer.ema=0.9
accumulate train.accumulate=3
all-rows train.batch_size=0
tiles train.batch_size=0 data.shards=3 data.file=large.h5
class-weights data.class_weights=balanced
class-weights-dealt data.class_weights=1,0.3,3.7 data.shuffle=global
row-weights data.file=weighted.h5
row-weights-dealt data.file=weighted.h5 data.class_weights=1,0.3,3.7 data.shuffle=global data.val= data.val_fraction=0.3
smaller-tiles train.batch_size=0 data.shards=3 data.file=large.h5 train.accumulate=7
END
same_on 'a batch of more than all rows' '1 4' run.ini train.batch_size=1000
same_on 'further layers' '1 3' run.ini \
    'model.layers=layer_norm, dense 9, elu, residual(dense 9, layer_norm 0.1, dropout, silu), softmax, dense 3' model.init=orthogonal
same_on 'batch_norm' '1 3 4:message' run.ini optimizer.ema=0.9 optimizer.clip_norm=0.3 \
    'model.layers=batch_norm, dense 600, batch_norm, relu, residual(dense 7, batch_norm 0.5, tanh, dense 600), dense 3'
tables='embedding size=8 dim=600 columns=1-2, embedding size=9 dim=5 columns=4'
same_on 'embedding' '1 3 4:message' run.ini data.file=levels.h5 "model.layers=$tables, relu, dense 3" optimizer.l2=0.1
same_on 'embedding, rows dealt' '1 3' run.ini data.file=levels.h5 "model.layers=$tables, dense 5, batch_norm, dense 3" \
    data.shuffle=global data.scale=0.3 optimizer.name=lamb optimizer.max_norm=2 data.val= data.val_fraction=0.2
same_on 'trust ratios' '1 3 4:message' run.ini optimizer.name=lamb optimizer.clip_norm=0.3 optimizer.weight_decay=0.1 \
    optimizer.max_norm=2 'model.layers=dense 600, relu, dense 70, tanh, dense 3'

# accepts ARGUMENT...: whether a run with these begins. (It takes less time than gdmpi check, which measures the machine.)
accepts() {
    launch run 1 "$@" run.dir=begun run.resume=never train.max_steps=1
    [ "$(cat code.run)" = 0 ]
}

# layers_with NAME: sets `layers` to some that have this one, behind another if it may stand there.
layers_with() {
    local written
    for written in "$1" "$1 7" "$1(dense 7, tanh, dense 200)" "$1 size=8 dim=3 columns=1-2"; do
        for layers in "dense 200, $written, dense 3" "$written, dense 200, tanh, dense 3"; do
            ! accepts run.ini data.file=levels.h5 "model.layers=$layers" || return 0
        done
    done
    failed "no way is known to write the layer $1"
}

# schedule_of NAME: sets `schedule` to the overrides that choose it, with a value for the setting that must be given.
schedule_of() {
    local key value
    schedule=(schedule.name="$1")
    ! accepts run.ini "${schedule[@]}" || return 0
    key=$(sed -n 's/.*\[schedule\] \([a-z0-9_]*\) is missing.*/\1/p' err.run)
    for value in 0.5 3; do
        schedule[1]=schedule.$key=$value
        ! accepts run.ini "${schedule[@]}" || return 0
    done
    failed "no value is known for $key of the schedule $1"
}

# One has nothing to do with the other: each occurs.
mapfile -t all_layers < <(names Layers)
mapfile -t optimizers < <(names Optimizers)
mapfile -t schedules < <(names Schedules)
mapfile -t inits < <(names 'Initial parameters')
mapfile -t normalizers < <(choices normalize)
mapfile -t shuffles < <(choices shuffle)
most=0
for count in ${#all_layers[@]} ${#optimizers[@]} ${#schedules[@]} ${#inits[@]} ${#normalizers[@]} ${#shuffles[@]}; do
    [ "$count" -gt 1 ] || failed 'gdmpi --help does not list all kinds of methods'
    most=$((count > most ? count : most))
done
for ((i = 0; i < most; i++)); do
    layers_with "${all_layers[i % ${#all_layers[@]}]}"
    schedule_of "${schedules[i % ${#schedules[@]}]}"
    mixed=(optimizer.name="${optimizers[i % ${#optimizers[@]}]}" model.init="${inits[i % ${#inits[@]}]}"
        data.normalize="${normalizers[i % ${#normalizers[@]}]}" data.shuffle="${shuffles[i % ${#shuffles[@]}]}")
    same_on "$layers, ${schedule[*]}, ${mixed[*]}" '1 3' run.ini data.file=levels.h5 optimizer.ema=0.9 \
        "model.layers=$layers" "${schedule[@]}" "${mixed[@]}"
done

# A loss takes the classes, or else two numbers of 0 and 1 a row.
for loss in $(names Losses); do
    if accepts run.ini model.loss="$loss"; then
        same_on "$loss" '1 3' run.ini model.loss="$loss"
    else
        same_on "$loss" '1 3' values.ini model.loss="$loss" data.file=flags.h5
    fi
done
[ -n "$(names Losses)" ] || failed 'gdmpi --help lists no losses'

# offered ARGUMENT...: prints the metrics that make sense there.
offered() {
    accepts "$@" run.metrics="$(names Metrics | paste -sd ,)" && failed "all metrics make sense with $*"
    sed -n 's/.*choose among: //p' err.run | tee -a offered
}

few='roc_auc, f1, precision, recall'
same_on 'metrics of classes' '1 3 4:message' run.ini data.file=weighted.h5 run.metrics="$few, confusion_matrix"
for key in roc_auc f1 precision recall confusion_matrix; do
    grep '"end"' next/metrics.jsonl | grep -q "\"val_$key\": \[*0*[0-9]" || failed "the end line has no val_$key"
done
rm next/model.h5
ranks 1 run.ini data.file=weighted.h5 run.metrics="$few, confusion_matrix" run.dir=next
diff <(grep -o '"val_.*"digest"' first/metrics.jsonl) <(grep -o '"val_.*"digest"' next/metrics.jsonl) ||
    failed 'a run that went on from its last checkpoint has other metrics'
same_on 'metrics of more classes' '1 3' run.ini 'model.layers=dense 7' \
    run.metrics="$(offered run.ini 'model.layers=dense 7')"
same_on 'metrics of flags' '1 3' values.ini data.file=flags.h5 model.loss=bce \
    run.metrics="$(offered values.ini data.file=flags.h5 model.loss=bce)"
same_on 'metrics of numbers' '1 3' values.ini run.metrics="$(offered values.ini)"
for name in $(names Metrics); do
    grep -qw "$name" offered || failed "no run has the metric $name"
done
same_on 'numbers, with rows held out' '1 4' values.ini optimizer.ema=0.5
finish
