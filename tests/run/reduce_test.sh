#!/usr/bin/env bash
# The ways in which ranks add up, and what they say: without shared memory, by MPI's own sum, with one shard a rank.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

small_run 0.01 3
cat >>run.ini <<'END'
log_every = 1
END

ranks 3 run.ini run.dir=shared

# Where ranks of a host cannot share memory, they send messages, and say why. (A setting of Open MPI's.)
if "$gdmpi" --version | grep -q 'Open MPI'; then
    ! grep 'not window' out.run || { failed 'shared memory is refused' && show run; }
    export OMPI_MCA_osc=^sm
    ranks 3 run.ini run.dir=apart
    expect_out '^reduce +message: '
    expect_out '^ +not window: MPI cannot make shared memory: '
    expect_same 'with shared memory and without' shared apart
    ranks 3 check run.ini run.dir=none
    expect_out '^ +not window: MPI cannot make shared memory: '
    expect_error 1 'MPI cannot make shared memory: ' run.ini train.reduce=window run.dir=none
    wait
    unset OMPI_MCA_osc
    export OMPI_MCA_osc_sm_backing_directory=$PWD/absent
    ranks 2 run.ini run.dir=unshared
    expect_out '^ +not window: .*/absent: there can be no shared memory in it: No such file'
    unset OMPI_MCA_osc_sm_backing_directory
fi

# The order of MPI's own sum is its own, so it comes close, but not to the bits.
last_loss() {
    sed -n '/"event": "end"/ s/.*"val_loss": \([^,]*\).*/\1/p' "$1/metrics.jsonl"
}
ranks 3 run.ini train.reduce=allreduce run.dir=allreduce
if ! awk -v a="$(last_loss allreduce)" -v b="$(last_loss shared)" \
    'BEGIN { exit !(a > 0 && a - b < 1e-4 && b - a < 1e-4) }'; then
    failed "allreduce: val_loss $(last_loss allreduce), with the tree $(last_loss shared)"
fi

# One shard a rank: the same from run to run on as many ranks, and what the first lines say pins it.
ranks 2 run.ini data.shards=0 run.dir=two
expect_out 'data.shards = 0: the result depends on the number of ranks'
pin=$(grep -o 'data\.shards=[0-9]*' out.run)
[ "$pin" = data.shards=2 ] || failed "the first lines tell to pin the result with '$pin'"
ranks 2 run.ini data.shards=0 run.dir=again
expect_same 'shards = 0, twice' two again
expect_out '^reduce '
ranks 1 run.ini "${pin:-none}" run.dir=pinned
! grep -q '^reduce ' out.run || failed 'one rank tells of sums between ranks'
expect_same 'shards = 0, pinned' two pinned
ranks 3 run.ini data.shards=0 run.dir=three
if [ "$(digest two)" = "$(digest three)" ]; then
    failed 'shards = 0 comes to the same on 2 and 3 ranks: they are not one per rank'
fi
finish
