#!/usr/bin/env bash
# The model and the log depend on the config, the shards and the seed, never on the number of ranks: with S shards, whatever
# the settings, any 1 <= N <= S ranks come to the same bits.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

# The parameters are three of the blocks that ranks share out.
small_run 0.003 2 'dense 1000, relu, dropout 0.3, dense 3'
cat >>run.ini <<'END'
log_every = 1
verify_every = 4
END

# expect_model WHAT DIRECTORY OVERRIDE...: the parameters in a run's model.h5 are those that its digest is of.
expect_model() {
    local what=$1 directory=$2
    shift 2
    rm -rf model
    ranks 1 run.ini "$@" run.dir=model model.init_from="$directory/model.h5" optimizer.name=sgd optimizer.lr=0 train.epochs=1
    [ "$(digest model)" = "$(digest "$directory")" ] || failed "$what: model.h5 holds other parameters"
}

# Everything at once.
all=(optimizer.clip_norm=0.3 optimizer.clip_value=0.02 optimizer.ema=0.9 train.accumulate=2)
same_on 'all, 5 shards, single' '1 2 3:message 4 5:message' run.ini data.shards=5 "${all[@]}"
expect_model 'all, on 1 rank' first
expect_model 'all, on 5 ranks' next
single=$(digest first)
same_on 'all, 5 shards, double' '1 2:message 3 4:message 5' run.ini data.shards=5 "${all[@]}" train.precision=double
expect_model 'all, double' next train.precision=double
[ "$(digest first)" != "$single" ] || failed 'single and double precision come to the same digest'
same_on 'all, 135,000 parameters' '1 3:message' run.ini data.shards=5 "${all[@]}" train.epochs=1 \
    'model.layers=dense 15000, relu, dropout 0.3, dense 3'
same_on '7 shards' '1 2:message 4 6:message 7' run.ini data.shards=7 train.batch_size=23

# Stopped in the middle of an epoch, and resumed on other numbers of ranks.
resumed=(run.ini data.shards=5 "${all[@]}" train.epochs=4)
ranks 1 "${resumed[@]}" run.dir=whole
ranks 2 "${resumed[@]}" run.dir=parts train.max_steps=17
ranks 5 "${resumed[@]}" run.dir=parts train.max_steps=30 train.reduce=message
ranks 3 "${resumed[@]}" run.dir=parts
expect_out 'resuming .*step-00000030.h5: 2 epochs and 30 steps are done'
expect_same 'resumed twice' whole parts

launch run 5 run.ini run.dir=none
expect_code run 2
expect_message run '4 shards cannot be worked by 5 ranks; start at most 4 ranks, or set data.shards to 5 or more'
[ ! -e none ] || failed 'more ranks than shards leave a run directory'
finish
