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

# state: everything in the folder, files with times, but for what the runs here leave themselves.
state() {
    find . ! -name '*.run' ! -name . \( -type d -printf '%p\n' -o -printf '%p %s %T@ %y\n' \) | sort
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
    expect_out 'rows into its batch +[1-9][0-9.]* '
    expect_out 'gradient sums of each rank +[1-9][0-9.]* '
    expect_out 'new parameters, for all +[1-9][0-9.]* '
    expect_out '^  GEMM rate +[0-9.e+-]+ GFLOP/s$'
    expect_out '^  copies in memory +[0-9.e+-]+ GB/s, of a host$'
    expect_out '^ +1 +1 +20 +[0-9.]+ [mu]?s +- +[0-9.]+ [mu]?s +[0-9,]+ +100.0 %$'
    expect_out '^ +2 +[12] +10 '
    expect_out '^ +4 +[124] +5 '
    expect_out "^  $count ranks?: measured"
    expect_out "^  3 epochs on $count ranks?: [0-9]"
    expect_out 'nothing was trained or left behind'
    [ "$(grep -c '%$' out.run)" = "$([ "$count" = 3 ] && echo 4 || echo 3)" ] || { failed 'not the ranks that suit' && show run; }
    ! grep '.\{81\}' out.run || { failed 'a line is longer than 80 columns' && show run; }
    ! grep gdmpi err.run || { failed 'check prints on standard error' && show run; }
    [ "$(grep -c '^model' out.run)" = 1 ] || { failed 'the plan is not printed once' && show run; }
    state | diff state.run - || failed "check on $count ranks has changed the folder"
done

# What is there under such a name stays as it is, whatever it is.
mkdir -p work/victim/checkpoints
touch work/victim/checkpoints/step-00000003.h5 work/victim/model.h5
ln -s work/victim .gdmpi-check-000000
cp -r work/victim .gdmpi-check-000001
for count in 1 3; do
    ranks $count check work/run.ini run.dir=none
done
[ "$(find .gdmpi-check-00000[01]/ -type f | wc -l)" = 4 ] || failed 'check has removed what is not its own'
rm -r .gdmpi-check-00000[01] work/victim

# A signal ends it, and nothing stays.
start 1 check work/run.ini run.dir=none
while kill -0 "$run" 2>/dev/null && ! compgen -G '.gdmpi-check-*' >/dev/null; do
    sleep 0.01
done
kill -TERM "$run" 2>/dev/null
ended
! compgen -G '.gdmpi-check-*' >/dev/null || failed 'a folder of a check that was stopped stays'

# Outputs that are probabilities already are not what the loss wants.
ranks 1 check work/run.ini 'model.layers=dense 3, softmax'
expect_out 'warning: cross_entropy takes the softmax of the outputs itself; leave the last layer out'
ranks 1 check work/run.ini 'model.layers=dense 3, softmax, dense 3'
! grep warning out.run || failed 'a warning of softmax that is not the last layer'

# The numbers of ranks that are asked for, on hosts like this one, and in the words of -n; what they need, if it is more than there is.
for count in 1 3; do
    ranks "$count" check -n 1,2,4,...,32,300 work/run.ini --network 1Gbit/s,30us run.dir=none train.epochs=9
    expect_out '^  network of a host +1 Gbit/s, 30 us a message .as given.$'
    for number in 1 2 4 8 16; do
        expect_out "^ +${number}[* ].* %$"
    done
    expect_out '^ +8\* .* 3 .*%$'
    expect_out '^ +32\* +[0-9]+ +impossible, unless train.batch_size is 32 or more$'
    expect_out '^ +300\* +[0-9]+ +impossible: there are only 203 training rows$'
    expect_out '^  9 epochs on '
    expect_out 'steps in all +99'
    ! grep '.\{81\}' out.run || { failed 'a line is longer than 80 columns' && show run; }
done
[ ! -e none ] || failed 'check has made a run directory'

# forecast ARGUMENT...: on 2 ranks there is one.
forecast() {
    ranks 2 check work/run.ini run.dir=none "$@"
    expect_out '^ +2 .*%$'
}

# Each kind of step, in either precision; and a run whose first loss is no number.
forecast train.precision=double optimizer.name=lamb optimizer.clip_norm=1
forecast data.shuffle=global run.metrics=f1,confusion_matrix train.batch_size=0
forecast train.reduce=allreduce optimizer.max_norm=1 train.accumulate=2 run.checkpoint_every=5
forecast train.reduce=message optimizer.ema=0.9 train.threads=2 run.checkpoint_every='9 seconds'
expect_error 3 'the loss of the first step, or its gradient, is not finite: training would end there' check work/run.ini run.dir=none data.scale=1e300 train.precision=double

# Wrong values.
for value in x 1,,2 1,2,...,7; do
    expect_error 2 "^gdmpi: -n $value: .*; -n takes up to 64 numbers of ranks, .*1,2,4,...,1024$" check work/run.ini -n "$value"
done
expect_error 2 '^gdmpi: .*-n.*usage: gdmpi check CONFIG.ini' check work/run.ini -n
expect_error 2 '^gdmpi: --network 10: is not the rate of a link' check work/run.ini --network 10
expect_error 2 'configuration file is missing; usage: gdmpi check CONFIG.ini' check -n 1,2
wait

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
once 'gdmpi check CONFIG.ini' --help check
once '^  gdmpi import csv' import --help
once '^Usage' -h

# Without mpirun it is one rank, with a helper of MPI's, which other tests do without.
env -u OMPI_MCA_ess_singleton_isolated "$gdmpi" check work/run.ini >out.run 2>err.run || failed 'check fails without mpirun'
expect_out 'ranks +1 on 1 host'
finish
