#!/usr/bin/env bash
# Whatever happened to the latest checkpoint, the run names it, goes on from the one before, and ends as one that was never damaged.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" x-changed changed.h5 203 61 || exit 1

# 66 steps in all.
small_run 0.003 6
cat >>run.ini <<'END'
checkpoint_every = 9
keep = 3
END
last=checkpoints/step-00000066.h5
before=checkpoints/step-00000063.h5
ranks 2 run.ini run.dir=whole
ranks 2 run.ini run.dir=other train.seed=2
ranks 2 run.ini run.dir=data data.file=changed.h5
head -n 1 whole/$last | grep -Eqx 'gdmpi checkpoint [0-9]+, [0-9]+ bytes, checksum [0-9a-f]{16}' || failed 'the first line is not the seal'
size=$(stat -c %s whole/$last)
[ "$size" = "$(stat -c %s other/$last)" ] || failed 'the checkpoints of two runs have different layouts'

# goes_on NAME WARNING: the run in directory NAME, of which the latest checkpoint is damaged.
goes_on() {
    local counts=(1 1 1 2 3 4)
    ranks "${counts[RANDOM % 6]}" run.ini run.dir="$1"
    expect_err "^gdmpi: warning: .*$1/$last.*; trying the checkpoint before it"
    expect_err "$2"
    expect_out "resuming  $1/$before"
    expect_same "$1" whole "$1"
    expect_whole_files "$1"
    rm -rf "$1"
}

# damage NAME: a copy of the undisturbed run, whose latest checkpoint is $file.
damage() {
    rm -rf "$1" && cp -a whole "$1"
    file=$1/$last
}

# write AT COUNT FROM: bytes of the file FROM over those of $file at the same place.
write() {
    dd if="$3" of="$file" bs=1 skip="$1" seek="$1" count="$2" conv=notrunc status=none
}

# flip AT MASK: other bits of one byte.
flip() {
    local byte
    byte=$(od -An -tu1 -j "$1" -N 1 "$file" | tr -d ' ')
    printf '%b' "\\0$(printf '%o' $((byte ^ $2)))" | dd of="$file" bs=1 seek="$1" conv=notrunc status=none
}

# In the first line, what follows it, the superblock of HDF5, its metadata, the numbers, and the end.
for at in 3 24 50 300 512 560 $((size / 3)) $((size / 2)) $((size - 1)); do
    damage flipped && flip "$at" $((1 << RANDOM % 8))
    goes_on flipped 'is (damaged|not a gdmpi checkpoint)'
done
damage truncated && truncate -s $((size - 1)) "$file" && goes_on truncated "is damaged: it has $((size - 1)) bytes, but says $size"
damage short && truncate -s 100 "$file" && goes_on short 'is damaged: it has 100 bytes'
damage empty && : >"$file" && goes_on empty 'is not a gdmpi checkpoint'
damage extended && echo >>"$file" && goes_on extended "is damaged: it has $((size + 1)) bytes"
damage zeroed && write 4096 512 /dev/zero && goes_on zeroed 'is damaged: its checksum is'
damage zeros && head -c "$size" /dev/zero >"$file" && goes_on zeros 'is not a gdmpi checkpoint'
damage mixed && write 4096 $((size - 4096)) other/$last && goes_on mixed 'is damaged: its checksum is'
damage headless && write 0 512 other/$last && goes_on headless 'is damaged: its checksum is'
damage repeated && head -c 4096 whole/$last | cat - <(tail -c +3073 whole/$last) >parts &&
    write 4096 1024 parts && goes_on repeated 'is damaged: its checksum is'

# Whole files in the wrong place.
damage settings && cp other/$last "$file" && goes_on settings "train.seed is '1' but .* had '2'.* is of another run"
damage rows && cp data/$last "$file" && goes_on rows "classes.h5:/train has other rows than the checkpoint's run had"
damage renamed && cp renamed/$before "$file" && goes_on renamed 'is not of the step in its name, but of step 63'

# Named by the user, it is an error.
damage named && flip $((size / 2)) 1
expect_error 2 "named/$last: is damaged: its checksum is [0-9a-f]*, but it says" run.ini run.dir=named run.resume=named/$last
expect_error 2 "named/$last: is damaged" run.ini run.dir=new model.init_from=named/$last
wait
damage moved && cp moved/$before "$file"
expect_error 2 "moved/$last: is not of the step in its name" run.ini run.dir=moved run.resume=moved/$last
finish
