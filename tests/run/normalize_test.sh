#!/usr/bin/env bash
# Features are normalized by the training rows alone, to the same bits on any number of ranks; checkpoints have what it takes.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

small_run 0.01 3
cat >>run.ini <<'END'
checkpoint_every = 8
keep = 100
END

ranks 1 run.ini run.dir=plain
held=(data.val= data.val_fraction=0.3)
mapfile -t kinds < <(choices normalize | grep -vx none)
[ "${#kinds[@]}" -gt 0 ] || failed 'gdmpi --help lists no choices of normalize'
for kind in "${kinds[@]}"; do
    same_on "$kind" '1 3 4:message' run.ini data.normalize="$kind"
    [ "$(digest next)" != "$(digest plain)" ] || failed "$kind has no effect"
    rm -rf again && cp -a next again
    ranks 3 run.ini run.dir=again run.resume=again/checkpoints/step-00000008.h5 data.normalize="$kind"
    expect_same "$kind from step 8" next again
    same_on "$kind, rows dealt and held out" '1 3' run.ini data.normalize="$kind" data.shuffle=global "${held[@]}"
done
ranks_end 2 2 run.ini run.dir=next data.normalize=none data.shuffle=global "${held[@]}"
expect_message run "data.normalize is 'none' but the checkpoint's run had '$kind'"
expect_error 2 'scale.*: has no effect with normalize = minmax; it must be 1' run.ini data.normalize=minmax data.scale=0.5

# Whole numbers that are looked up stay as they are, whatever the others are scaled by.
"$make_data" levels levels.h5 203 61 || exit 1
tables=(data.file=levels.h5 'model.layers=embedding size=8 dim=3 columns=0-2, embedding size=8 dim=2 columns=3-4, dense 3')
ranks 1 run.ini run.dir=tables "${tables[@]}"
for setting in "${kinds[@]/#/data.normalize=}" data.scale=0.3; do
    ranks 3 run.ini run.dir=scaled "${tables[@]}" "$setting"
    [ "$(digest scaled)" = "$(digest tables)" ] || failed "$setting changes whole numbers that are looked up"
    rm -r scaled
done
tables[1]='model.layers=embedding size=8 dim=3 columns=1-2, dense 3'
for kind in "${kinds[@]}"; do
    same_on "$kind and embedding" '1 3' run.ini "${tables[@]}" data.normalize="$kind"
    rm -rf again && cp -a next again
    ranks 3 run.ini run.dir=again run.resume=again/checkpoints/step-00000008.h5 "${tables[@]}" data.normalize="$kind"
    expect_same "$kind and embedding from step 8" next again
done
finish
