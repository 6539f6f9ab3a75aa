#!/usr/bin/env bash
# Data that cannot be trained on: one message that names the file and the object, exit code 2, by check as by a run.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"
ways='check 3'

"$make_data" classes classes.h5 60 20 || exit 1
"$make_data" values values.h5 60 || exit 1
cat >run.ini <<'END'
[data]
file = classes.h5
shards = 3

[model]
layers = dense 3
loss = cross_entropy

[train]
epochs = 1
batch_size = 20
END

# bad KIND PATTERN OVERRIDE...: a file of this kind is refused.
bad() {
    local kind=$1 pattern=$2
    shift 2
    "$make_data" "$kind" "$kind.h5" 60 20 || failed "$kind.h5 cannot be made"
    expect_error 2 "$kind.h5: $pattern" run.ini data.file="$kind.h5" "$@"
}

# The file.
expect_error 2 'absent.h5: .*no such file' run.ini data.file=absent.h5
echo 'not of this format' >text.h5
expect_error 2 'text.h5: .*HDF5' run.ini data.file=text.h5
: >nothing.h5
expect_error 2 'nothing.h5: .*HDF5' run.ini data.file=nothing.h5
head -c 3000 classes.h5 >short.h5
expect_error 2 'short.h5: ' run.ini data.file=short.h5
mkdir folder.h5
expect_error 2 'folder.h5: ' run.ini data.file=folder.h5

# Groups and shapes.
bad no-group '.*/train.*'
bad no-x '.*/train/x.*; a group of data holds x and y'
bad no-y '.*/train/y.*; a group of data holds x and y'
bad x-flat '/train/x is \[60\]; x needs \[rows, features\]'
bad y-wide '/train/y is \[30, 2\]; this loss takes one class label a row'
bad y-short '/train/x has 60 rows, but /train/y has 59'
bad empty '/train/x is \[0, 5\]; at least one row'
expect_error 2 'classes.h5: .*/absent' run.ini data.train=/absent
expect_error 2 'classes.h5: .*/absent' run.ini data.val=/absent
expect_error 2 'absent.h5: ' run.ini data.val=absent.h5:/val
expect_error 2 'val_fraction=0.5: has no effect, because classes.h5:/val is there' run.ini data.val_fraction=0.5
expect_error 2 'classes.h5: /train/y is \[60\]; the model has 3 outputs a row' run.ini model.loss=mse
"$make_data" images images.h5 10 || exit 1
expect_error 2 'images.h5: /train/x is \[10, 28, 28\]; its rows hold 784 numbers, but the model takes 5' \
    run.ini data.val=images.h5:/train

# Values; the bad row is row 40, the last rank's.
bad x-nan 'row 40 of /train/x holds NaN'
bad x-infinite 'row 40 of /train/x holds an infinite number'
bad y-nan 'row 40 of /train/y holds NaN' model.loss=mse 'model.layers=dense 2' data.val=
bad y-infinite 'row 40 of /train/y holds an infinite number' model.loss=mse 'model.layers=dense 2' data.val=
bad label-large 'row 40 of /train/y is 3: with 3 outputs, labels are 0 to 2'
bad label-negative 'row 40 of /train/y is -1: with 3 outputs, labels are 0 to 2'
bad label-fraction 'row 40 of /train/y is 0.5: with 3 outputs, labels are whole numbers from 0 to 2'
bad label-nan 'row 40 of /train/y holds NaN'
expect_error 2 'x-nan.h5: row 40 of /train/x holds NaN' run.ini data.val=x-nan.h5:/train
expect_error 2 'x-nan.h5: row 40 of /train/x holds NaN' run.ini data.file=x-nan.h5 data.val= data.val_fraction=0.2
expect_error 2 'label-large.h5: row 40 of /train/y is 3' run.ini data.file=label-large.h5 data.val= data.val_fraction=0.2
bad w-negative 'row 40 of /train/w is -1; a weight is at least 0'
bad w-nan 'row 40 of /train/w holds NaN'
bad w-short '/train/w is \[59\]; w needs one weight for each of the 60 rows'
bad w-zero 'the weights of the rows of /train add up to 0; their sum must be finite and above 0'
expect_error 2 'w-negative.h5: row 40 of /train/w is -1' run.ini data.val=w-negative.h5:/train
expect_error 2 'w-zero.h5: the weights of the rows of /train add up to 0' run.ini data.val=w-zero.h5:/train
expect_error 2 'class_weights=1,2: there are 2 weights, but 3 classes' run.ini data.class_weights=1,2
expect_error 2 "class_weights=1,-2,3: '-2' is not a weight" run.ini data.class_weights=1,-2,3
expect_error 2 "class_weights=fair: 'fair' is not a weight: it must be balanced, or a number" run.ini \
    data.class_weights=fair
expect_error 2 'the weights of the rows of /train add up to 0' run.ini \
    data.class_weights=0,0,0
expect_error 2 'run.metrics=f1 F2: F2 is no metric; choose among: loss, accuracy, top_5,' run.ini 'run.metrics=f1 F2'
expect_error 2 'run.metrics=r2: r2 makes no sense for cross_entropy of 3 outputs, which predicts one class for each row; choose among: .*, f1,' \
    run.ini run.metrics=r2
expect_error 2 'run.metrics=f1: f1 makes no sense for mse of 2 outputs, which predicts numbers; choose among: loss, rmse, mae, r2' \
    run.ini run.metrics=f1 model.loss=mse 'model.layers=dense 2'
expect_error 2 'train.batch_size=.*: batch_norm needs 2 rows or more of a shard in a step' run.ini \
    'model.layers=batch_norm, dense 3' train.batch_size=3 data.shards=3
expect_error 2 'run.metrics=top_5: top_5 needs at least 6 outputs, and the model has 3' run.ini run.metrics=top_5
expect_error 2 'run.metrics=f1: there are no validation rows for f1; they come from data.val or' run.ini run.metrics=f1 data.val=
expect_error 2 'class_weights=balanced: bce of 3 outputs has no classes' run.ini data.class_weights=balanced model.loss=bce
expect_error 2 'classes.h5: row [0-9]+ of /train/y holds 2; this loss takes numbers from 0 to 1' \
    run.ini model.loss=bce 'model.layers=dense 1'
expect_error 2 'with scale 3e.38 that is beyond 3.4' run.ini data.scale=3e38

# What is looked up in a table.
looked_up='model.layers=embedding size=8 dim=2 columns=2-4, dense 3'
bad level-large 'row 40 of /train/x holds 8 in column 3; an embedding of size 8 takes whole numbers from 0 to 7' "$looked_up"
bad level-negative 'row 40 of /train/x holds -1 in column 3; an embedding of size 8 takes' "$looked_up"
bad level-fraction 'row 40 of /train/x holds 2.5 in column 3; an embedding of size 8 takes whole' "$looked_up"
expect_error 2 'level-large.h5: row 40 of /train/x holds 8 in column 3' run.ini data.val=level-large.h5:/train \
    data.file=level-negative.h5 data.train=/val "$looked_up"
expect_error 2 'level-large.h5: row 40 of /train/x holds 8 in column 3' run.ini data.file=level-large.h5 data.val= \
    data.val_fraction=0.2 "$looked_up" data.normalize=minmax
expect_error 2 'layers=.*: there is no column 5 for embedding: x has 5 columns, from 0 to 4' run.ini \
    'model.layers=embedding size=8 dim=2 columns=5, dense 3'

# The labels of the last class are good.
ranks 3 run.ini run.dir=good
wait
compgen -G 'runs*' >/dev/null && failed 'a refused run leaves a directory'
finish
