#!/usr/bin/env bash
# A full disk while a checkpoint is written: one message, exit code 1, the checkpoints before it stay, and the run goes on once
# there is room.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" classes classes.h5 203 61 || exit 1

# Checkpoints of some 200 KiB.
cat >run.ini <<'END'
[data]
file = classes.h5
shards = 4

[model]
layers = dense 2000, relu, dense 3
loss = cross_entropy

[optimizer]
name = adam

[train]
epochs = 4
batch_size = 50
reduce = message
END
ranks 1 run.ini run.dir=whole
ranks 1 run.ini run.dir=half train.epochs=2

# A limit to the size of a file stands for the disk. It is set where the ranks start,
# because mpirun's own files are larger; so is the shared memory of ranks, who therefore speak through sockets.
cat >limited <<'END'
#!/usr/bin/env bash
ulimit -f "$LIMIT"
exec "$GDMPI" "$@"
END
chmod +x limited
export OMPI_MCA_btl=self,tcp GDMPI=$gdmpi LIMIT

for count in 2 3; do
    rm -rf run && cp -a half run
    for LIMIT in 20 100 150; do
        sum=$(cd run/checkpoints && cksum step-*)
        (gdmpi=./limited launch run "$count" run.ini run.dir=run)
        expect_code run 1 && expect_message run 'run/checkpoints/step-[0-9]*.h5(.tmp)?: .*'
        [ "$(cd run/checkpoints && cksum step-*)" = "$sum" ] || failed 'the checkpoints before are not as they were'
        [ "$(readlink run/checkpoints/latest)" = "$(cd run/checkpoints && printf '%s\n' step-* | tail -n 1)" ] ||
            failed 'latest is not the last whole checkpoint'
        expect_whole_files run
    done
    ranks "$count" run.ini run.dir=run
    expect_same 'a full disk' whole run
done
# Shared memory of ranks is a file too, which one of them would make while the others wait.
rm -rf run
(gdmpi=./limited LIMIT=40 launch run 2 run.ini run.dir=run train.reduce=window)
expect_code run 1 && expect_message run 'shared memory needs a file of .*, and files may have 40.0 KiB \(ulimit -f\)'
(gdmpi=./limited LIMIT=40 launch run 2 check run.ini run.dir=run train.reduce=auto)
expect_code run 0

finish
