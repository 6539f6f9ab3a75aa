#!/usr/bin/env bash
# gdmpi export writes what gdmpi predict computes, as C that every compiler here takes without a warning, and as ONNX; all of a
# file or nothing.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"
print_data=$build/tests/run/print_data
python=${PYTHON:-/usr/bin/python3}

for kind in classes values flags levels images; do
    "$make_data" "$kind" "$kind.h5" 203 61 || exit 1
done
small_run 0.02 2
cat >call.c <<'END'
#include <stdio.h>
void predict(const REAL *x, REAL *y);
int main(void) {
    static REAL x[INPUTS], y[OUTPUTS];
    double number;
    for (long at = 0; scanf("%lf", &number) == 1;) {
        x[at++ % INPUTS] = (REAL)number;
        if (at % INPUTS == 0) {
            predict(x, y);
            for (int j = 0; j < OUTPUTS; j++) {
                printf("%.17g%c", (double)y[j], j + 1 == OUTPUTS ? '\n' : ' ');
            }
        }
    }
    return 0;
}
END
compilers=$(for compiler in gcc clang; do command -v "$compiler"; done)
compilers=${compilers:-${CC:-cc}}
mkdir single double

# same_predictions FILE: it has what gdmpi has predicted, but for rounding.
same_predictions() {
    paste -d ' ' "$1" predictions | awk -v near="$near" '
        {
            for (j = 1; j <= NF / 2; j++) {
                off = $j - $(j + NF / 2); most = $j > 1 ? $j : $j < -1 ? -$j : 1
                if (!(off <= near * most && -off <= near * most)) wrong++
            }
        }
        END { exit wrong > 0 || NR != 61 }'
}

# agrees PRECISION DATA MODEL: what is exported of the model computes $set of the predictions for the validation rows.
files=0
agrees() {
    local precision=$1 data=$2 model=$3 compiler real=float inputs outputs file
    near=1e-5
    [ "$precision" = single ] || real=double near=1e-12
    files=$((files + 1))
    file=$precision/$files
    rm -f predictions.h5 model.c
    ranks 1 predict "$model" "$data" -o predictions.h5
    ranks 1 export "$model" -o model.c
    expect_out "^model.c is written: x \[[0-9]*\], $set \[[0-9]*\]$"
    ranks 3 export "$model" -o "$file.onnx"
    "$print_data" "$data" /val/x >rows
    "$print_data" predictions.h5 "/$set" >predictions
    inputs=$(head -n 1 rows | wc -w) outputs=$(head -n 1 predictions | wc -w)
    paste -d ' ' rows predictions >"$file.txt"
    for compiler in $compilers; do
        "$compiler" -std=c99 -pedantic -Wall -Wextra -Werror -O2 -DREAL=$real -DINPUTS="$inputs" -DOUTPUTS="$outputs" \
            call.c model.c -o call -lm || failed "$compiler does not take the export of $model"
        ./call <rows >called
        same_predictions called || failed "by $compiler, the export of $model predicts something else"
    done
    grep -q "^ \*   digest  $("$print_data" predictions.h5 digest)" model.c || failed 'the file has not the digest'
}

# trains PRECISION DATA ARGUMENT...: and compares.
trains() {
    local precision=$1 data=$2
    shift 2
    rm -rf run
    ranks 1 run.ini run.dir=run data.file="$data" train.precision="$precision" "$@" && agrees "$precision" "$data" run/model.h5
}

set=probability
for precision in single double; do
    trains $precision classes.h5 data.normalize=standardize \
        'model.layers=dense 9, batch_norm, gelu, residual(dense 5, elu, dense 9), layer_norm, softplus, dense 3'
done
trains single images.h5 data.scale=0.00392156862745098 'model.layers=dense 40, relu, dense 10' train.epochs=1
trains double levels.h5 data.normalize=minmax \
    'model.layers=embedding size=8 dim=3 columns=3, embedding size=8 dim=2 columns=0-1, dense 6, silu, dense 3'
trains single flags.h5 model.loss=bce 'model.layers=dense 2'
set=score
trains double classes.h5 model.loss=squared_hinge
set=value
trains double flags.h5 model.loss=poisson 'model.layers=dense 2'
trains single values.h5 model.loss=huber 'model.layers=dense 9, leaky_relu 0.2, dense 2' optimizer.ema=0.9
agrees single values.h5 run/checkpoints/latest

# By its own checker and operator by operator, where there is Python's onnx.
if "$python" -c 'import numpy, onnx' 2>/dev/null; then
    for pair in single:1e-5 double:1e-12; do
        "$python" "$root/tests/export/check_onnx.py" "${pair#*:}" "${pair%:*}" >said ||
            { failed 'ONNX predicts something else' && cat said; }
    done
fi

# The same bytes on any number of ranks, and the same again.
ranks 1 export run/model.h5 -o one.onnx
ranks 1 export run/model.h5 -o one.c
ranks 3 export run/model.h5 -o three.onnx
ranks 3 export -o three.c run/model.h5
cmp one.onnx three.onnx || failed '3 ranks write another file of ONNX'
cmp one.c three.c || failed '3 ranks write another file of C'

# A name that means something to C is only a comment.
odd='run*/ #include "??/'
mkdir -p "$odd"
cp run/model.h5 "$odd"$'\n\\.h5'
ranks 1 export "$odd"$'\n\\.h5' -o odd.c
${CC:-cc} -std=c99 -pedantic -Wall -Wextra -Werror -c odd.c || failed 'a name is more than a comment'

# What cannot be is told, and leaves nothing.
: >there.c
expect_error 2 '-o model.c.model.onnx is missing; usage: gdmpi export MODEL.h5' export run/model.h5
expect_error 2 'a model is needed; usage: gdmpi export' export -o new%.c
expect_error 2 'a model is needed; usage: gdmpi export' export run/model.h5 classes.h5 -o new%.c
expect_error 2 '-o is given twice' export run/model.h5 -o new%.c -o new%.onnx
expect_error 2 'unknown option' export run/model.h5 --json -o new%.c
expect_error 2 'new.*.txt: the output.s name must end in .c or .onnx' export run/model.h5 -o new%.txt
expect_error 2 'there.c: is there already; remove it, or name another output' export run/model.h5 -o there.c
expect_error 2 'no/new.*.c: cannot be written: there is no folder no' export run/model.h5 -o no/new%.c
expect_error 2 'absent.h5: no such file' export absent.h5 -o new%.c
expect_error 2 'classes.h5: is not a gdmpi checkpoint' export classes.h5 -o new%.onnx
wait
cp run/model.h5 input.c.tmp
expect_error 2 'input.c.tmp: is an input, and would be overwritten on the way to input.c' export input.c.tmp -o input.c
head -c 3000 run/model.h5 >half.h5
expect_error 2 'half.h5: is damaged' export half.h5 -o new%.c
wait
cmp run/model.h5 input.c.tmp || failed 'an input was overwritten'
[ ! -s there.c ] || failed 'the output that was there is another'

# A limit to the size of a file stands for a full disk.
cat >limited <<'END'
#!/usr/bin/env bash
ulimit -f 40
exec "$GDMPI" "$@"
END
chmod +x limited
export OMPI_MCA_btl=self,tcp GDMPI=$gdmpi
ranks 1 run.ini run.dir=wide train.epochs=1 'model.layers=dense 2000, dense 3'
for output in new.c new.onnx; do
    for count in 1 3; do
        (gdmpi=./limited launch run "$count" export wide/model.h5 -o "$output")
        expect_code run 1 && expect_message run "$output"
    done
done
compgen -G 'new*' && failed 'a half written file is left'
finish
