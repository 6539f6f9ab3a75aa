#!/usr/bin/env bash
# gdmpi evaluate says of a model what its run's log says, digit by digit, on any number of ranks; what it cannot use is one message.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

for kind in classes weighted values flags levels; do
    "$make_data" "$kind" "$kind.h5" 203 700 || exit 1
done

# number KEY: its value in the JSON of standard input.
number() {
    sed -nE "s/.*\"$1\": (\[\[[^}]*\]\]|[^],}]*).*/\1/p"
}

# same_as LINE KEY...: what the last run printed has these values of that line of the log.
same_as() {
    local line=$1 key said logged
    shift
    for key in "$@"; do
        said=$(number "$key" <out.run)
        logged=$(number "val_$key" <<<"$line")
        if [ -z "$said" ] || [ "$said" != "$logged" ]; then
            failed "$key is '$said', and in the log '$logged'"
            show run
        fi
    done
}

# agrees 'NAME...' ARGUMENT...: trains with these arguments and metrics; then evaluate says of the model what the line of the
# log says that $line is a pattern of, and the same of the same rows on 1 and 3 ranks.
line='"event": "end"'
agrees() {
    local metrics=$1 logged
    shift
    rm -rf run
    ranks 2 run.ini run.dir=run run.metrics="$metrics" "$@" || return
    logged=$(grep "$line" run/metrics.jsonl)
    ranks 3 evaluate run/model.h5 "$data" --json
    # shellcheck disable=SC2086 # a word for each
    same_as "$logged" loss "$metric" $metrics
    mv out.run out.3
    ranks 1 evaluate --json run/model.h5 "$data"
    diff out.3 out.run || failed "3 ranks do not print what 1 does: $*"
}

small_run 0.02 3 'dense 24, relu, dropout 0.3, dense 3'
data=classes.h5 metric=accuracy
classes='top_5 precision recall f1 roc_auc confusion_matrix'
"$make_data" classes classes.h5 203 700
agrees "${classes#top_5 }"
agrees "${classes#top_5 }" train.precision=double data.file=classes.h5
[ "$(number rows <out.run)" = 700 ] || failed 'the number of rows is not right'
agrees '' data.scale=0.25 train.accumulate=3
agrees '' data.normalize=minmax 'model.layers=dense 8, batch_norm, residual(dense 8, tanh), dense 3'
agrees f1 optimizer.ema=0.9 model.loss=squared_hinge

# Of a checkpoint with an average, it is that which is said, as by validation; which is in model.h5.
mv out.run out.model
ranks 1 evaluate run/checkpoints/latest "$data" --json
[ "$(number digest <out.model)" = "$(number digest <out.run)" ] || failed 'the average of a checkpoint is another'
same_as "$(grep '"event": "end"' run/metrics.jsonl)" loss accuracy f1

data=weighted.h5
agrees "${classes#top_5 }" data.file=weighted.h5 data.class_weights=balanced
data=levels.h5
agrees '' data.file=levels.h5 data.normalize=standardize \
    'model.layers=embedding size=8 dim=3 columns=1-2, dense 3'
data=flags.h5
flags=(data.file=flags.h5 model.loss=bce 'model.layers=dense 6, tanh, dense 2')
agrees 'precision recall f1 roc_auc' "${flags[@]}"
data=values.h5 metric=rmse
values=(data.file=values.h5 'model.layers=dense 20, tanh, dense 2' model.loss=mse)
agrees 'mae r2' "${values[@]}" data.normalize=standardize
agrees 'mae r2' "${values[@]}" data.normalize=standardize train.precision=double
data=flags.h5
agrees 'mae r2' data.file=flags.h5 model.loss=poisson 'model.layers=dense 2'

# After stopping early, what is said is that of the best epoch, which is not the last.
data=values.h5
rm -rf run
ranks 1 run.ini "${values[@]}" optimizer.lr=0.3 train.epochs=40 stop.patience=1 run.dir=run
best=$(grep '"event": "end"' run/metrics.jsonl | number best_epoch)
grep -q "\"epoch\": $((best + 1))," run/metrics.jsonl || failed "epoch $best is the best, and the last"
for count in 1 3; do
    ranks "$count" evaluate run/model.h5 values.h5:/val --json
    same_as "$(grep "\"event\": \"epoch\", \"epoch\": $best," run/metrics.jsonl)" loss rmse
done

# For people; another group; rows that are not there. What is not said by a name is told.
ranks 1 evaluate run/model.h5 values.h5
expect_out '^data +values.h5:/val: 700 rows$'
expect_out '^ +.no group was named: it is /test, else /val, else the root'
expect_out '^rmse +[0-9.]+$'
ranks 2 evaluate run/model.h5 values.h5:/train
expect_out '^data +values.h5:/train: 203 rows$'
! grep 'no group' out.run || failed 'a group was named'

expect_error 2 'a model and the file of its rows are needed; usage: gdmpi evaluate MODEL.h5' evaluate run/model.h5
expect_error 2 "unknown option '--jsonl'; did you mean '--json'" evaluate run/model.h5 values.h5 --jsonl
expect_error 2 'absent.h5: no such file' evaluate absent.h5 values.h5
expect_error 2 'absent.h5: no such file' evaluate run/model.h5 absent.h5
expect_error 2 'absent.h5: no such file' evaluate run/model.h5 absent.h5:/val
expect_error 2 'values.h5: is not a gdmpi checkpoint' evaluate values.h5 values.h5
expect_error 2 'values.h5: no data set /nothing/x; / holds train, val; a group' evaluate run/model.h5 values.h5:/nothing
"$make_data" no-y no-y.h5 30 || exit 1
expect_error 2 'no-y.h5: has neither /test nor /val nor x in its root; name the group.*: no-y.h5:/GROUP' \
    evaluate run/model.h5 no-y.h5
expect_error 2 'no-y.h5: no data set /train/y; /train holds x' evaluate run/model.h5 no-y.h5:/train
"$make_data" images images.h5 30 9 || exit 1
expect_error 2 'images.h5: /val/x is \[9, 28, 28\]; its rows hold 784 numbers, but the model takes 5 inputs' \
    evaluate run/model.h5 images.h5
expect_error 2 'classes.h5: /val/y is \[700\]; the model has 2 outputs a row, and y needs as many' \
    evaluate run/model.h5 classes.h5
"$make_data" y-nan y-nan.h5 900 || exit 1
expect_error 2 'y-nan.h5: row 600 of /train/y holds NaN' evaluate run/model.h5 y-nan.h5:/train

ranks 1 run.ini run.dir=classes train.epochs=1
for kind in large negative fraction; do
    "$make_data" "label-$kind" "label-$kind.h5" 900 || exit 1
    expect_error 2 "label-$kind.h5: row 600 of /train/y is .*: with 3 outputs, labels are" \
        evaluate classes/model.h5 "label-$kind.h5:/train"
done
for kind in negative nan short zero; do
    "$make_data" "w-$kind" "w-$kind.h5" 900 || exit 1
    expect_error 2 "w-$kind.h5: .*(/train/w|weights of the rows of /train)" evaluate classes/model.h5 "w-$kind.h5:/train"
done

# Of a damaged model, each byte would be noticed.
cp classes/model.h5 damaged.h5
printf 'x' | dd of=damaged.h5 bs=1 seek=5000 conv=notrunc 2>/dev/null
expect_error 2 'damaged.h5: is ' evaluate damaged.h5 classes.h5
head -c 3000 classes/model.h5 >short.h5
expect_error 2 'short.h5: is ' evaluate short.h5 classes.h5
finish
