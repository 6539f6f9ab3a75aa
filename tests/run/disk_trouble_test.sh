#!/usr/bin/env bash
# Trouble with the disk in the middle of a run, on 1 rank and on 3: it fills up, or the run directory cannot be written any more,
# is moved away or removed. The run ends with one message and exit code 1, the checkpoints before stay whole, and once the
# trouble is over it goes on and comes to what an undisturbed run comes to.
# shellcheck source-path=SCRIPTDIR

# Disks of its own, where it may mount them; they go with the last process.
if [ -z "${GD_OWN_MOUNTS-}" ]; then
    if unshare -m mount -t tmpfs none /tmp 2>/dev/null; then
        GD_OWN_MOUNTS=yes exec unshare -m bash "$0"
    fi
    echo 'skipped: full and read-only disks, for nothing can be mounted here'
    export GD_OWN_MOUNTS=no
fi

. "$(dirname "$0")/support.sh"
trap 'umount -l run/checkpoints 2>/dev/null; leave' EXIT
export OMPI_MCA_odls_base_sigkill_timeout=0

"$make_data" classes classes.h5 203 40000 || exit 1

# 330 steps in 30 epochs, each with a checkpoint of some 40 KiB, which take most of their time for validation: so there is
# time for trouble, and for a mount to change while no file is open.
cat >run.ini <<'END2'
[data]
file = classes.h5
shards = 4

[model]
layers = dense 200, relu, dense 3
loss = cross_entropy

[optimizer]
name = adam
lr = 0.001

[train]
epochs = 30
batch_size = 20

[run]
log_every = 1
checkpoint_every = 33
END2
ranks 1 run.ini run.dir=whole

# The superuser writes where nobody may: not in this test.
limited=()
if [ "$(id -u)" = 0 ]; then
    limited=(setpriv "--bounding-set=-dac_override,-dac_read_search")
    "${limited[@]}" true 2>/dev/null || { echo 'skipped: folders without permission' && limited=(); }
fi

# until_step STEP: until the run that was started last, in the background, has come so far.
until_step() {
    run=$!
    wait_for "step $1" has_step run "$1"
}

# expect_trouble PATTERN: the run in the background ends so.
expect_trouble() {
    wait
    expect_code run 1 && expect_message run "$1"
}

# goes_on DIRECTORY WHAT: the run in it goes on, from its last checkpoint, to its end.
goes_on() {
    ranks 2 run.ini run.dir="$1"
    expect_out 'resuming'
    ! grep -q warning err.run || { failed "a checkpoint was not whole ($2)" && show run; }
    expect_same "$2" whole "$1"
    expect_whole_files "$1"
}

for count in 1 3; do
    if [ "$GD_OWN_MOUNTS" = yes ]; then
        mkdir -p run/checkpoints
        mount -t tmpfs -o size=200k none run/checkpoints || exit 1
        launch run "$count" run.ini run.dir=run run.keep=100
        expect_trouble 'run/checkpoints/step-[0-9]*.h5(.tmp)?: .*(No space|space)'
        expect_whole_files run
        mount -o remount,size=20m run/checkpoints
        come=$(grep -c '"event": "step"' run/metrics.jsonl)
        launch run "$count" run.ini run.dir=run &
        until_step $((come + 30))
        until mount -o remount,ro run/checkpoints 2>/dev/null; do
            sleep 0.002
        done
        expect_trouble 'run/checkpoints/.*Read-only file system'
        mount -o remount,rw run/checkpoints
        goes_on run 'a full and then read-only disk'
        umount run/checkpoints
        rm -rf run
    fi

    if [ "$(id -u)" != 0 ] || [ ${#limited[@]} -gt 0 ]; then
        printf '#!/bin/sh\nexec %s %s "$@"\n' "${limited[*]}" "$gdmpi" >limited && chmod +x limited
        (gdmpi=./limited launch run "$count" run.ini run.dir=run) &
        until_step 50
        chmod a-w run run/checkpoints
        expect_trouble 'run/checkpoints/.*Permission denied'
        chmod u+w run run/checkpoints
        goes_on run 'a folder without permission'
        rm -rf run
    fi

    launch run "$count" run.ini run.dir=run &
    until_step 50
    mv run moved
    expect_trouble 'run/.*No such file or directory'
    [ ! -e run ] || failed 'a run directory that was moved away is made again'
    goes_on moved 'a directory that was moved away'
    rm -rf moved

    launch run "$count" run.ini run.dir=run &
    until_step 50
    until rm -rf run 2>/dev/null; do
        :
    done
    expect_trouble 'run/'
    [ ! -e run ] || failed 'something is left of a run directory that was removed'
done
finish
