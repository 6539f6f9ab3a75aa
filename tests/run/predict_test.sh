#!/usr/bin/env bash
# gdmpi predict writes what evaluate judges, in the order of the rows, the same bytes on any number of ranks; all of it or nothing.
# shellcheck source-path=SCRIPTDIR disable=SC2016
. "$(dirname "$0")/support.sh"
print_data=$build/tests/run/print_data

for kind in classes values flags levels level-large no-y x-nan; do
    "$make_data" "$kind" "$kind.h5" 700 650 || exit 1
done
small_run 0.02 3 'dense 24, relu, dropout 0.3, dense 3'
"$make_data" classes classes.h5 203 650 || exit 1

# number KEY: its value in the JSON of standard input.
number() {
    sed -nE "s/.*\"$1\": ([^],}]*).*/\1/p"
}

# predicts DATA ARGUMENT...: trains, and predicts on 1 and 3 ranks, in out.h5; $said is what evaluate says.
predicts() {
    local data=$1
    shift
    rm -rf run out.h5 three.h5
    ranks 2 run.ini run.dir=run train.epochs=2 data.file="$data" "$@" || return
    ranks 3 predict run/model.h5 "$data" -o three.h5
    ranks 1 predict -o out.h5 run/model.h5 "$data"
    cmp three.h5 out.h5 || failed "3 ranks do not predict what 1 does: $*"
    ranks 1 evaluate run/model.h5 "$data" --json
    said=$(cat out.run)
}

# columns SET...: of out.h5, and of y, side by side.
columns() {
    local set
    for set in "$@"; do
        "$print_data" out.h5 "/$set" >"column.$set" || failed "no $set"
    done
    "$print_data" "$data" /val/y >column.y
    paste -d ' ' "${@/#/column.}" column.y
}

# holds WHAT AWK-PROGRAM: which prints nothing of the table.
holds() {
    local odd
    odd=$(awk "$2" table | head -n 3)
    if [ -n "$odd" ] || [ ! -s table ]; then
        failed "$1: $odd"
    fi
}

# A class is that of the largest probability; as many are right as evaluate says.
for precision in single double; do
    data=classes.h5
    predicts classes.h5 train.precision="$precision" data.normalize=standardize
    columns class probability >table
    [ "$(wc -l <table)" = 650 ] || failed 'there are not as many rows'
    holds 'probabilities' '($2 < 0 || $3 < 0 || $4 < 0 || $2 + $3 + $4 < 1 - 1e-6 || $2 + $3 + $4 > 1 + 1e-6)'
    holds 'classes' '{ c = $3 > $2 ? 1 : 0; if ($4 > $(2 + c)) c = 2; if (c != $1) print }'
    right=$(awk '$1 == $5 { n++ } END { printf "%.12g", n / NR }' table)
    [ "$(printf %.12g "$(number accuracy <<<"$said")")" = "$right" ] || failed "$right are right, but evaluate says $said"
done
ranks 1 predict run/model.h5 classes.h5:/train -o train.h5
expect_out '^train.h5 is written: class \[203\], probability \[203, 3\]$'
for pair in "model=run/model.h5" "digest=$(digest run)" "loss=cross_entropy" "data=classes.h5:/train"; do
    [ "$("$print_data" train.h5 "${pair%%=*}")" = "${pair#*=}" ] || failed "the attribute is not $pair"
done

data=levels.h5
predicts levels.h5 'model.layers=embedding size=8 dim=2 columns=2-4, dense 3'
expect_error 2 'row 466 of /train/x holds 8 in column 3' predict run/model.h5 level-large.h5:/train -o new%.h5
wait

# One probability for each output, by itself; margins; numbers; counts.
data=flags.h5
predicts flags.h5 model.loss=bce 'model.layers=dense 2'
columns class probability >table
holds 'classes of flags' '$1 != ($3 > 0.5) || $2 != ($4 > 0.5) || $3 <= 0 || $3 >= 1'
right=$(awk '{ n += ($1 == $5) + ($2 == $6) } END { print n / (2 * NR) }' table)
[ "$right" = "$(number accuracy <<<"$said" | awk '{ print $1 + 0 }')" ] || failed "flags: $right are right, not $said"
data=classes.h5
predicts classes.h5 model.loss=hinge
columns class score >table
holds 'scores' '{ c = $3 > $2 ? 1 : 0; if ($4 > $(2 + c)) c = 2; if (c != $1) print }'
awk '$2 < 0 || $2 > 1' table | grep -q . || failed 'margins are not within 0 and 1'
data=values.h5
predicts values.h5 model.loss=huber 'model.layers=dense 9, tanh, dense 2'
columns value >table
! "$print_data" out.h5 /class 2>/dev/null || failed 'numbers have no classes'
off=$(awk '{ s += ($1 - $3) ^ 2 + ($2 - $4) ^ 2 } END { print sqrt(s / (2 * NR)) }' table)
[ "$off" = "$(number rmse <<<"$said" | awk '{ print $1 + 0 }')" ] || failed "the rmse is $off, but evaluate says $said"
data=flags.h5
predicts flags.h5 model.loss=poisson 'model.layers=dense 2'
columns value >table
holds 'counts' '$1 <= 0 || $2 <= 0'

# x is enough, in the root of a file too; and of a group with y, only x is looked at.
data=classes.h5
predicts classes.h5
ranks 3 predict run/model.h5 no-y.h5:/train -o alone.h5
"$print_data" alone.h5 /class | head -n 650 | cmp - <("$print_data" out.h5 /class) || failed 'x alone gives something else'
"$make_data" y-short y-short.h5 30 || exit 1
ranks 1 predict run/model.h5 y-short.h5:/train -o short.h5
ranks 1 run.ini run.dir=again train.epochs=1 data.val=/train
ranks 2 predict again/checkpoints/latest classes.h5 -o latest.h5

# An output that is there, or cannot be, is told before anything is read; so is what cannot be used. Nothing is left.
: >there.h5
expect_error 2 '-o OUT.h5 is missing; usage: gdmpi predict MODEL.h5' predict run/model.h5 classes.h5
expect_error 2 'a model and the file of its rows are needed' predict run/model.h5 -o new%.h5
expect_error 2 'there.h5: is there already; remove it, or name another output' predict run/model.h5 classes.h5 -o there.h5
expect_error 2 'run/model.h5: is there already' predict run/model.h5 classes.h5 -o run/model.h5
expect_error 2 'no/new.*.h5: cannot be written: there is no folder no' predict run/model.h5 classes.h5 -o no/new%.h5
expect_error 2 'run: is a folder' predict run/model.h5 classes.h5 -o run
expect_error 2 'absent.h5: no such file' predict absent.h5 classes.h5 -o new%.h5
"$make_data" no-y only.h5 30 || exit 1
expect_error 2 'only.h5: has neither' predict run/model.h5 only.h5 -o new%.h5
expect_error 2 'x-nan.h5: row 466 of /train/x holds NaN' predict run/model.h5 x-nan.h5:/train -o new%.h5
wait
cp classes.h5 input.h5.tmp
expect_error 2 'input.h5.tmp: is an input, and would be overwritten on the way to input.h5' \
    predict run/model.h5 input.h5.tmp -o input.h5
wait
cmp classes.h5 input.h5.tmp || failed 'an input was overwritten'
[ ! -s there.h5 ] || failed 'the output that was there is another'
cmp -s run/model.h5 classes.h5 && failed 'the model was overwritten'

# A limit to the size of a file stands for a full disk: half of 800 KB. It is set where the ranks start, and their shared
# memory is less.
cat >limited <<'END'
#!/usr/bin/env bash
ulimit -f 400
exec "$GDMPI" "$@"
END
chmod +x limited
export OMPI_MCA_btl=self,tcp GDMPI=$gdmpi
ranks 1 run.ini run.dir=wide train.epochs=1 'model.layers=dense 300'
for count in 1 3; do
    (gdmpi=./limited launch run "$count" predict wide/model.h5 classes.h5 -o new.h5)
    expect_code run 1 && expect_message run 'new.h5'
done
compgen -G 'new*.h5*' && failed 'a half written file is left'
finish
