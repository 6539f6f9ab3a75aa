#!/usr/bin/env bash
# The names of classes go with the data into the model, and from there into all that is said of it; they change no number.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

# table NO YES: two classes that a line divides.
table() {
    awk -v no="$1" -v yes="$2" 'BEGIN {
        srand(1)
        print "width,height,buys"
        for (i = 0; i < 200; i++) {
            width = rand(); height = rand()
            print width "," height "," (width + height > 1 ? yes : no)
        }
    }'
}

# data NAME NO YES: NAME.h5.
data() {
    table "$2" "$3" >"$1.csv"
    ranks 1 import csv "$1.csv" -o "$1.h5" --split 0.6,0.2,0.2
}

# expect_named FILE NAMES: what inspect says of a model, or of predictions.
expect_named() {
    ranks 1 inspect "$1"
    expect_out "(^classes  |2 classes.*:) +$2\$"
}

data names no 'y"és'
data others 'not at all' 'y"és'
small_run 0.05 4 'dense 2'
sed -i 's/^file = .*/file = names.h5/' run.ini

for loss in 'cross_entropy model.layers="dense 2"' 'bce model.layers="dense 1"' 'hinge model.layers="dense 1"'; do
    rm -rf run
    eval "ranks 3 run.ini run.dir=run run.metrics=confusion_matrix model.loss=$loss"
    expect_out '^ {15}no   y"és$'
    expect_out '^ {8}no +[0-9]+ +[0-9]+$'
    grep -qF '"classes": ["no", "y\"és"], "parameters"' run/metrics.jsonl || failed "no names in the log: $loss"
    expect_named run/model.h5 'no, "y""és"'
    ranks 2 evaluate run/model.h5 names.h5
    expect_out '^ {6}y"és +[0-9]+ +[0-9]+$'
    [ ! -s err.run ] || failed 'there is a warning'
done

# As many as the model has classes, or none.
ranks 3 run.ini run.dir=more 'model.layers=dense 3'
expect_err 'warning: names.h5: y has the names of 2 classes, but the model has 3: they are not used'

# Numbers stay the same; a run goes on with other names, which its model has then.
rm -rf run
ranks 3 run.ini run.dir=run
ranks 3 run.ini run.dir=other data.file=others.h5 train.max_steps=9
expect_named other/model.h5 'not at all, "y""és"'
ranks 1 run.ini run.dir=other data.file=names.h5
[ "$(digest run)" = "$(digest other)" ] || failed 'names make another model'
expect_named other/model.h5 'no, "y""és"'
expect_named other/checkpoints/latest 'no, "y""és"'

# What is said of the model.
ranks 3 evaluate run/model.h5 names.h5 --json
expect_out '"rows": 40, "classes": \["no", "y\\"és"\], "loss": '
rm -f out.h5
ranks 3 predict run/model.h5 names.h5 -o out.h5
expect_out '^out.h5 is written: class \[40\], probability \[40, 2\]$'
expect_named out.h5 'no \([0-9]+\), "y""és" \([0-9]+\)'
ranks 1 export run/model.h5 -o model.c
grep -qxF ' *   class 1 y"__s' model.c || failed 'the C file does not name the classes'
ranks 1 export run/model.h5 -o model.onnx
grep -qaF 'y"és' model.onnx || failed 'the ONNX file does not name the classes'

# Rows whose classes have other names are warned of, once.
for count in 1 3; do
    ranks "$count" evaluate run/model.h5 others.h5
    expect_err "^gdmpi: warning: others.h5: class 0 of /test/y is 'not at all', but the model's is 'no': the numbers"
    [ "$(grep -c warning err.run)" = 1 ] || failed 'there is not one warning'
    ranks "$count" run.ini run.dir=warned run.resume=never data.val=others.h5:/val
    expect_err "warning: others.h5: class 0 of /val/y is 'not at all', but the model's is 'no'"
done

# Without names, or where their number is not that of the classes, numbers are said.
for settings in 'data.file=classes.h5 model.layers="dense 3"' 'data.file=names.h5 model.layers="dense 3"' \
    'data.file=names.h5 model.layers="dense 1" model.loss=mse'; do
    eval "ranks 1 run.ini run.dir=bare run.resume=never $settings"
    ! grep -q classes bare/metrics.jsonl || failed "there are names: $settings"
    ranks 1 inspect bare/model.h5
    ! grep -q '^classes' out.run || failed "there are names in the model: $settings"
done

# Files in each other's places.
expect_error 2 'names.h5: is not a gdmpi checkpoint but another HDF5 file; a run.s model.h5 or one of its checkpoints is needed' \
    evaluate names.h5 run/model.h5
expect_error 2 'run/model.h5: is a checkpoint; a file of data is needed' evaluate run/model.h5 run/model.h5
expect_error 2 'names.h5:train: no such file; a group is written names.h5:/train' predict run/model.h5 names.h5:train -o no.h5
expect_error 2 'data.val=names.h5:val: names.h5:val: no such file; a group' run.ini run.dir=no data.val=names.h5:val
ranks 1 import csv names.csv -o train.h5
expect_error 2 'train.h5: has neither .* the rows: train.h5:/GROUP; there is /train( |$)' evaluate run/model.h5 train.h5
finish
