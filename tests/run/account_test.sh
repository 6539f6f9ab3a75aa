#!/usr/bin/env bash
# What a run says at its end of its time, speed and memory, and run.timeline.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" classes classes.h5 203 61 || exit 1
cat >run.ini <<'END'
[data]
file = classes.h5
shards = 4

[model]
layers = dense 24, relu, dense 3
loss = cross_entropy

[optimizer]
name = sgd
lr = 0.05

[train]
epochs = 3
batch_size = 20
END

# has KEY: a number above 0 in the last line of the log of the run in the folder `run`.
has() {
    sed -n '$ s/.*"event": "end".*"'"$1"'": \([^,}]*\).*/\1/p' run/metrics.jsonl |
        awk '{ good = $1 > 0 } END { exit !good }' || failed "the last line has no $1"
}

# expect_tiles FILE RANKS: the phases of each rank lie end to end, from 0 on, and all begin with "other".
expect_tiles() {
    awk -F '[:,}]' -v ranks="$2" '
        function bad(why) { print "line " NR ": " why; wrong = 1 }
        /"ph":"X"/ {
            rank = $8; begin = $10; length_ = $12
            if (!(rank in end) && (begin != 0 || $2 != "\"other\"")) bad("does not begin at 0")
            if (rank in end && (begin - end[rank] > 0.0015 || end[rank] - begin > 0.0015)) bad("does not tile")
            end[rank] = begin + length_
            seen[$2] = 1
        }
        END {
            for (rank in end) count++
            if (count != ranks) bad(count " ranks")
            if (!("\"compute\"" in seen && "\"load\"" in seen && "\"checkpoint\"" in seen)) bad("phases are missing")
            exit wrong
        }' "$1" >wrong || { failed "the timeline $1" && cat wrong; }
    [ "$(head -c 1 "$1")$(tail -c 2 "$1")" = '[]' ] || failed "$1 is no JSON array"
}

for count in 1 3; do
    rm -rf run
    ranks "$count" run.ini run.dir=run run.timeline=run/timeline.json
    expect_out '^time '
    expect_out '^ +compute +[0-9.]+ %'
    expect_out '^start +[0-9.]+ s from launch to the first step$'
    expect_out '^speed +[0-9,]+ samples/s, [0-9.e+-]+ GFLOP/s, [0-9]+ % of this machine'
    expect_out '^memory +[0-9.]+ .iB a rank at most, [0-9.]+ .iB on '
    expect_out '^timeline +run/timeline.json: [0-9]+ phases$'
    if awk 'length > 80' out.run | grep -E '^(time|start|speed|memory|slowest|  +)' | grep -q '%'; then
        failed 'the account is wider than 80 columns' && show run
    fi
    for key in start_seconds flop_per_second machine_flop_per_second compute_seconds load_max_seconds; do
        has "$key"
    done
    expect_tiles run/timeline.json "$count"
done
expect_out '^slowest +rank [0-2] on .*: its load and compute take [0-9.]+ % longer than the mean$'

# mebibytes LINE COLUMN: the amount in a line of the last run's output, whose words count from 0.
mebibytes() {
    grep "$1" out.run | sed "s/$1//" | awk -v at="$2" '
        { unit = $(at + 1); print $at * (unit == "GiB" ? 1024 : unit == "KiB" ? 1 / 1024 : 1) }'
}

# close WHAT A B: within 15 %.
close() {
    awk -v a="$2" -v b="$3" 'BEGIN { exit !(a > 0 && a > 0.85 * b && a < b / 0.85) }' ||
        failed "$1: planned $2 MiB, and in a run $3 MiB"
}

# The plan says how much memory a run takes. (A sanitizer takes memory of its own.)
if ! grep -q __asan_init "$gdmpi"; then
    for count in 1 3; do
        layers='model.layers=dense 1500, relu, dense 1500, relu, dense 3'
        ranks "$count" check run.ini "$layers" optimizer.name=adam
        rank=$(mebibytes '^  in all' 1) host=$(mebibytes '^  in all' 3)
        ranks "$count" run.ini "$layers" optimizer.name=adam train.epochs=1 run.dir=large
        rm -rf large
        close "a rank of $count" "$rank" "$(mebibytes '^memory' 1)"
        close "the host of $count ranks" "$host" "$(mebibytes '^memory .*most,' 1)"
    done
fi

# A run that is stopped writes it, too.
rm -rf run
ranks_end 75 2 run.ini run.dir=run run.timeline=stopped.json train.max_seconds=0.000001
expect_tiles stopped.json 2

# A stopped run whose timeline finds no room is still one that goes on, and says so.
rm -rf run
cat >limited <<'END'
#!/usr/bin/env bash
ulimit -f 20
exec "$GDMPI" "$@"
END
chmod +x limited
export GDMPI=$gdmpi
(gdmpi=./limited OMPI_MCA_btl=self,tcp launch run 2 run.ini run.dir=run run.timeline=large.json \
    data.shards=200 train.batch_size=203 train.reduce=message train.max_seconds=0.000001)
expect_code run 75 && expect_out '^timeline  not written: large.json.tmp: '
[ ! -e large.json.tmp ] || failed 'half a timeline is left'

# On a finished run nothing is recorded.
ranks 2 run.ini run.dir=done
ranks 2 run.ini run.dir=done run.timeline=none.json
[ ! -e none.json ] || failed 'a run that does nothing writes a timeline'

# What cannot be written is found before anything is done.
ways='check 3'
mkdir folder
expect_error 2 'run.timeline=missing/t.json: .*there is no folder missing' run.ini run.dir=new run.timeline=missing/t.json
expect_error 2 'run.timeline=folder: folder: is a folder' run.ini run.dir=new run.timeline=folder
mkfifo pipe
expect_error 2 'run.timeline=pipe: pipe: is a device or pipe' run.ini run.dir=new run.timeline=pipe
wait
[ ! -e new ] || failed 'a run that cannot write its timeline has begun'
finish
