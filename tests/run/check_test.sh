#!/usr/bin/env bash
# gdmpi check prints the plan and writes nothing; help and version are printed once, whatever the number of ranks.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" classes classes.h5 203 61 || exit 1
mkdir work && mv classes.h5 work
cat >work/run.ini <<'END'
[data]
file = work/classes.h5
shards = 4

[model]
layers = dense 24, relu, dropout 0.3, dense 3
loss = cross_entropy

[optimizer]
name = adam

[train]
epochs = 3
batch_size = 20
END

# state: everything in the folder, with times, but for what the runs here leave themselves.
state() {
    find . ! -name '*.run' ! -name . -printf '%p %s %T@ %y\n' | sort
}

state >state.run
for count in 1 2 3 4; do
    ranks "$count" check work/run.ini
    expect_out 'data +work/classes.h5:/train, 203 training rows of 5 float32'
    expect_out '61 validation rows'
    expect_out '0 dense 24 +24 +144 +0.weight \[24, 5\], 0.bias \[24\]'
    expect_out '1 relu +24 +0'
    expect_out '2 dropout 0.3 +24 +0'
    expect_out '3 dense 3 +3 +75 +3.weight \[3, 24\], 3.bias \[3\]'
    expect_out '219 parameters'
    expect_out 'rows a shard +51 or 50'
    expect_out 'rows a step +20, at most 5 of a shard'
    expect_out 'steps an epoch +11, the last of 3 rows'
    expect_out 'steps in all +33'
    expect_out '  a rank +[^ ]+$'
    expect_out 'training rows and their order +[0-9.]+ .+ [0-9.]+ '
    expect_out 'optimizer state .* [1-9][0-9.]* [^ ]+$'
    expect_out 'in all +[1-9][0-9.]* .+ [1-9][0-9.]* '
    expect_out 'gradient sums of each rank +[1-9][0-9.]* '
    expect_out 'nothing was trained or written'
    ! grep gdmpi err.run || { failed 'check prints on standard error' && show run; }
    [ "$(grep -c '^model' out.run)" = 1 ] || { failed 'the plan is not printed once' && show run; }
    state | diff state.run - || failed "check on $count ranks has changed the folder"
done

# Where a run is there already, it says what would come next.
ranks 2 work/run.ini run.dir=work/run train.max_steps=20
state >state.run
ranks 3 check work/run.ini run.dir=work/run
expect_out 'would continue from work/run/checkpoints/step-00000020.h5, after step 20'
state | diff state.run - || failed 'check has changed the folder of a run'

# What embedding looks up.
"$make_data" levels levels.h5 203 61 || exit 1
ranks 1 check work/run.ini data.file=levels.h5 'model.layers=embedding size=8 dim=2 columns=1-3, dense 3' run.dir=none
expect_out '0 embedding +8 +16 +0.weight \[8, 2\] for columns 1-3'

# once PATTERN ARGUMENT...: on 3 ranks, a line with PATTERN is printed once.
once() {
    local pattern=$1
    shift
    ranks 3 "$@"
    [ "$(grep -c -- "$pattern" out.run)" = 1 ] || { failed "'$pattern' is not printed once" && show run; }
}
once '^gdmpi [0-9]' --version
expect_out '^Open MPI [0-9]'
expect_out '^OpenBLAS [0-9]'
expect_out '^HDF5 [0-9]'
once '^Usage' --help
expect_out '^  75  stopped after a checkpoint'
once 'gdmpi check CONFIG.ini' check --help
once '^  gdmpi import csv' import --help
once '^Usage' -h

# Without mpirun it is one rank, with a helper of MPI's, which other tests do without.
env -u OMPI_MCA_ess_singleton_isolated "$gdmpi" check work/run.ini >out.run 2>err.run || failed 'check fails without mpirun'
expect_out 'ranks +1 on 1 host'
finish
