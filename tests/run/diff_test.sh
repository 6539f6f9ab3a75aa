#!/usr/bin/env bash
# gdmpi diff tells whether two checkpoints are the same, and what is not.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

momentum_run 2 21
ranks 2 run.ini run.dir=a
ranks 1 run.ini run.dir=b
ranks 1 run.ini run.dir=c train.epochs=3
ranks 1 run.ini run.dir=double train.precision=double
ranks 1 run.ini run.dir=wide 'model.layers=dense 9, tanh, dense 3'
last=checkpoints/step-00000006.h5

# The same, but for times and the directory, which do not count.
for count in 1 3; do
    ranks $count diff a/$last b/$last
    expect_out '^  run.dir  .* a \| b$'
    expect_out '^the same numbers in all 8 tensors$'
done
"$gdmpi" diff a/$last a/$last >out.run || failed 'a checkpoint differs from itself'
[ "$(wc -l <out.run)" = 2 ] || failed 'there is more to say of a checkpoint and itself'

# differs N A B: a comparison that ends with 1.
differs() {
    ranks_end 1 "$1" diff "$2" "$3"
    expect_message run "^gdmpi: $2 and $3 differ in [0-9]+ of [0-9]+ tensors( \\(rank 0 of 2 on .*\\))?$"
}
differs 2 a/$last c/checkpoints/step-00000009.h5
expect_out '^  step  *6 \| 9$'
expect_out '^  train.epochs  *2 \| 3$'
expect_out '^  /params/0.bias: 8 of 8 differ, by at most '
expect_out '^    first    \[0\]: -?[0-9.e-]+ \| -?[0-9.e-]+$'
expect_out '^    largest  \[[0-9]\]: '
expect_out '^  /optimizer/[a-z_]*/2.weight: '
differs 1 a/model.h5 a/$last
expect_out '^  /optimizer/[a-z_]*/0.bias: only the second file has it$'
differs 1 a/$last a/model.h5
expect_out '^  /optimizer/[a-z_]*/0.bias: only the first file has it$'
differs 1 a/model.h5 double/model.h5
expect_out '^  precision  *float32 \| float64$'
expect_out 'all numbers are compared as float64'
expect_out '^  /params/2.weight: 24 of 24 differ'
differs 1 a/model.h5 wide/model.h5
expect_out '^  /params/0.weight: \[8, 5\] \| \[9, 5\]$'
expect_out '^  model.layers  *dense 8, tanh, dense 3 \| dense 9, tanh, dense 3$'

# A key that only one of them has.
ranks 1 run.ini run.dir=sgd optimizer.name=sgd optimizer.lr=0.1
differs 1 a/model.h5 sgd/model.h5
expect_out '^  optimizer.momentum  *0.9 \| \(none\)$'
differs 1 sgd/model.h5 a/model.h5
expect_out '^  optimizer.momentum  *\(none\) \| 0.9$'

# Trouble.
expect_error 2 'none.h5: no such file' diff a/model.h5 none.h5
expect_error 2 'classes.h5: is not a gdmpi checkpoint' diff classes.h5 a/model.h5
expect_error 2 'two checkpoints are compared; usage: gdmpi diff A.h5 B.h5' diff a/model.h5
head -c 3000 a/model.h5 >short.h5
expect_error 2 'short.h5: is damaged' diff a/model.h5 short.h5
finish
