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

# A run without an end of its own, with a checkpoint of some 40 KiB every 33 steps: so trouble comes in time, and a mount can change
# while no file is open.
"$make_data" classes classes.h5 203 || exit 1
cat >run.ini <<'END'
[data]
file = classes.h5
shards = 4
val =

[model]
layers = dense 200, relu, dense 3
loss = cross_entropy

[optimizer]
name = adam
lr = 0.001

[train]
epochs = 1000000
batch_size = 20

[run]
log_every = 1
checkpoint_every = 33
END

# The superuser writes where nobody may: not in this test.
limited=()
if [ "$(id -u)" = 0 ]; then
    limited=(setpriv "--bounding-set=-dac_override,-dac_read_search")
    "${limited[@]}" true 2>/dev/null || { echo 'skipped: folders without permission' && limited=(); }
fi

# goes_on: starts the run, or goes on with it, in the background, until it has logged 50 steps more.
goes_on() {
    local done=0
    [ ! -e run/metrics.jsonl ] || done=$(grep -c '"event": "step"' run/metrics.jsonl)
    start "$count" run.ini run.dir=run
    wait_for "step $((done + 50))" has_step run $((done + 50))
}

# expect_trouble PATTERN: the run in the background ends so. That is its only message: its last checkpoint was whole.
expect_trouble() {
    ended
    expect_code run 1 && expect_message run "$1"
}

for count in 1 3; do
    if [ "$GD_OWN_MOUNTS" = yes ]; then
        mkdir -p run/checkpoints
        mount -t tmpfs -o size=200k none run/checkpoints || exit 1
        start "$count" run.ini run.dir=run run.keep=100
        expect_trouble 'run/checkpoints/step-[0-9]*.h5(.tmp)?: .*(No space|space)'
        expect_whole_files run
        mount -o remount,size=20m run/checkpoints
        goes_on
        until mount -o remount,ro run/checkpoints 2>/dev/null; do
            sleep 0.002
        done
        expect_trouble 'run/checkpoints/.*Read-only file system'
        expect_out 'resuming'
        cp -a run/checkpoints kept && umount run/checkpoints && rmdir run/checkpoints && mv kept run/checkpoints
    fi

    if [ "$(id -u)" != 0 ] || [ ${#limited[@]} -gt 0 ]; then
        starter=("${limited[@]}")
        goes_on
        chmod a-w run run/checkpoints
        expect_trouble 'run/checkpoints/.*Permission denied'
        chmod u+w run run/checkpoints
        starter=()
    fi

    goes_on
    mv run moved
    expect_trouble 'run/.*No such file or directory'
    [ ! -e run ] || failed 'a run directory that was moved away is made again'

    # After all of it, to an end.
    steps=$(($(grep -c '"event": "step"' moved/metrics.jsonl) + 20))
    ranks 2 run.ini run.dir=moved train.max_steps=$steps
    expect_out 'resuming'
    ! grep warning err.run || { failed 'a checkpoint was not whole' && show run; }
    rm -rf whole
    ranks 1 run.ini run.dir=whole train.max_steps=$steps
    expect_same "trouble on $count ranks" whole moved
    expect_whole_files moved
    rm -rf moved

    goes_on
    until rm -rf run 2>/dev/null; do
        :
    done
    expect_trouble 'run/'
    [ ! -e run ] || failed 'something is left of a run directory that was removed'
done
finish
