#!/usr/bin/env bash
# gdmpi gradcheck finds the gradient of what is configured right, prints the same on any number of ranks, and writes nothing.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

small_run 0.01 1
"$make_data" weighted weighted.h5 203 61 || exit 1
"$make_data" values values.h5 203 61 || exit 1

# right ARGUMENT...: the verdict is good, and what is printed is the same on 1 and 3 ranks, in either precision.
right() {
    ranks 3 gradcheck run.ini "$@" train.precision=double
    mv out.run out.3
    ranks 1 gradcheck run.ini "$@"
    expect_out '^the gradient is right: '
    diff out.3 out.run || failed "1 rank does not print what 3 do: $*"
}

right optimizer.l2=0.1
expect_out '^0.weight +120 +50 +[0-9]+ +[0-9.e-]+$'
expect_out '^3.bias +3 +3 +0 +[0-9.e-]+$'
right 'model.layers=dense 8, batch_norm, tanh, residual(dense 8, layer_norm, gelu), dense 3' data.shuffle=global
expect_out '^3.0.weight '
! grep running_ out.run || failed 'statistics are checked'
right data.file=weighted.h5 data.class_weights=balanced train.accumulate=3 model.label_smoothing=0.1
right data.file=values.h5 model.loss=mae 'model.layers=dense 8, leaky_relu, dense 2' optimizer.clip_norm=0.01
"$make_data" levels levels.h5 203 61 || exit 1
right data.file=levels.h5 data.normalize=standardize optimizer.l2=0.1 \
    'model.layers=embedding size=8 dim=2 columns=1-2, embedding size=99 dim=3 columns=4, dense 5, tanh, dense 3'
expect_out '^0.weight +16 '
expect_out '^1.weight +297 +50 '

# Where all of a tensor is at a kink, or nothing is finite, no verdict is good.
ranks_end 3 2 gradcheck run.ini data.file=values.h5 model.loss=mae model.init=zeros 'model.layers=dense 2, relu'
expect_message run 'the gradient of 0.weight could not be checked: the loss has a kink at each of its elements'
ranks_end 3 2 gradcheck run.ini data.scale=1e300
expect_message run 'the loss of the first step, or its gradient, is not finite'
[ ! -e runs ] || failed 'gradcheck has made a run directory'

# The parameters may be those of a model.
ranks 2 run.ini run.dir=trained
ranks 1 gradcheck run.ini
mv out.run out.fresh
right model.init_from=trained/model.h5
! diff -q out.fresh out.run >out.diff || failed 'init_from makes no difference'
finish
