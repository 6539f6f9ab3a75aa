#!/usr/bin/env bash
# The lines of the README load a checkpoint into PyTorch, which then predicts what gdmpi does.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"
python=${PYTHON:-/usr/bin/python3}

"$python" -c 'import h5py, torch' 2>/dev/null || { echo 'no torch and h5py of Python' && exit 77; }

"$make_data" levels levels.h5 203 61 || exit 1
small_run 0.02 2

# loads CASE DATA ARGUMENT...: trains, in both precisions, and compares.
loads() {
    local case=$1 data=$2 precision
    shift 2
    for precision in single double; do
        rm -rf run predictions.h5
        ranks 1 run.ini run.dir=run data.file="$data" train.precision=$precision "$@" || return
        ranks 1 predict run/model.h5 "$data" -o predictions.h5
        "$python" "$root/tests/reference/loads.py" "$case" "$root/README.md" run/model.h5 "$data" predictions.h5 ||
            failed "PyTorch predicts something else by $case, in $precision precision"
    done
}

loads dense classes.h5 'model.layers=dense 6, tanh, dense 3' data.normalize=standardize
loads batch_norm classes.h5 'model.layers=dense 6, batch_norm, relu, dropout, dense 3' data.scale=0.5
loads layer_norm classes.h5 'model.layers=layer_norm, dense 6, gelu, layer_norm, dense 3'
loads residual classes.h5 'model.layers=dense 6, residual(dense 4, batch_norm, relu, dense 6), dense 3'
loads embedding levels.h5 \
    'model.layers=embedding size=8 dim=3 columns=1, embedding size=8 dim=2 columns=3-4, dense 3'
finish
