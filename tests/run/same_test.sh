#!/usr/bin/env bash
# Ranks that would not work on the same program, settings or data say so before the first step.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

mkdir same rows values
"$make_data" classes same/classes.h5 60 20 || exit 1
"$make_data" classes rows/classes.h5 61 20 || exit 1
"$make_data" x-all-changed values/classes.h5 60 20 || exit 1
cat >run.ini <<'END'
[data]
file = classes.h5
shards = 4

[model]
layers = dense 8, tanh, dense 3
loss = cross_entropy

[train]
epochs = 1
batch_size = 20

[run]
dir = ../run
END

# Rank 1 has a host of its own: another folder, another program, other arguments.
cat >rank <<'END'
#!/usr/bin/env bash
if [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then
    cd "$OTHER_FOLDER" && exec "$OTHER_GDMPI" "$@" $OTHER_ARGUMENT
else
    cd same && exec "$GDMPI" "$@"
fi
END
chmod +x rank
export GDMPI=$gdmpi OTHER_FOLDER=same OTHER_GDMPI=$gdmpi OTHER_ARGUMENT=

# refused PATTERN: with what is exported now, before anything is written.
refused() {
    local count
    for count in 2 3; do
        (gdmpi=./rank launch run $count ../run.ini)
        expect_code run 2 && expect_message run "the ranks must work on the same, but $1 \(rank 1 of $count on .*\)"
    done
    [ ! -e run ] || failed 'a refused run leaves a directory'
}

OTHER_ARGUMENT=optimizer.lr=0.25 refused "\[optimizer\] has 'lr = 0.25' here, and 'lr = 0.01' on rank 0"
OTHER_ARGUMENT=train.epochs=3 refused "\[train\] has 'epochs = 3' here, and 'epochs = 1' on rank 0"
OTHER_ARGUMENT=train.precision=double refused "\[train\] has 'precision = double' here, and 'precision = single' on rank 0"
OTHER_FOLDER=rows refused "\[classes.h5:/train\] has 'bytes = [0-9]*' here, and 'bytes = [0-9]*' on rank 0"
OTHER_FOLDER=values refused "\[classes.h5:/train\] has 'hash of some rows = [0-9a-f]*' here, and 'hash of some rows = [0-9a-f]*' on rank 0"

# The same program, but for the last digit of its version.
version=$("$gdmpi" --version | sed -n '1s/gdmpi //p')
LC_ALL=C sed -z "s/$version\$/${version%?}x/" "$gdmpi" >newer && chmod +x newer
OTHER_GDMPI=$PWD/newer refused "\[program\] has 'version = ${version%?}x' here, and 'version = $version' on rank 0"

# Another kind of processor, where the library has code for each.
if "$gdmpi" --version | grep -q DYNAMIC_ARCH; then
    printf '#!/bin/sh\nOPENBLAS_CORETYPE=Nehalem exec %s "$@"\n' "$gdmpi" >older && chmod +x older
    OTHER_GDMPI=$PWD/older refused "\[program\] has 'BLAS = .* Nehalem .*' here, and 'BLAS = .*' on rank 0"
    # A run names them at its beginning, and where it goes on with others.
    own=(run.ini data.file=same/classes.h5 run.dir=kernels)
    (gdmpi=./older ranks 1 "${own[@]}" train.max_steps=1 && expect_out '^gdmpi .*, OpenBLAS [0-9.]+ Nehalem$')
    head -n 1 kernels/metrics.jsonl | grep -Eq '"blas": "OpenBLAS [0-9.]+ Nehalem"' || failed 'the log does not name the kernels'
    ranks 2 "${own[@]}" train.max_steps=2
    expect_err '^gdmpi: warning: kernels: the run began with OpenBLAS [0-9.]+ Nehalem, and goes on with OpenBLAS [0-9.]+ [A-Za-z]+: its bits will be others$'
    (gdmpi=./older ranks 1 "${own[@]}" train.epochs=3 && [ ! -s err.run ]) || failed 'a warning about the same kernels'
fi

# On hosts with their own copies of the same data.
cp -a same copy
(gdmpi=./rank OTHER_FOLDER=copy launch run 2 ../run.ini)
expect_code run 0
finish
