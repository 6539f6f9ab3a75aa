#!/usr/bin/env bash
# Usage and configurations that are not understood: one message, exit code 2, on any number of ranks.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" classes classes.h5 60 || exit 1
cat >run.ini <<'END'
[data]
file = classes.h5
shards = 3

[model]
layers = dense 3
loss = cross_entropy
END

# refused PATTERN ARGUMENT...: these arguments are. What they hold is read before ranks have anything to do with each other: the
# first of each kind shows that three say it once.
refused() {
    expect_error 2 "$@"
    ways=1
}

# bad LINES PATTERN: the lines behind run.ini's make a config that is refused with this message.
bad() {
    mkdir "$cases"
    { cat run.ini && printf '%b\n' "$1"; } >"$cases/bad.ini"
    refused "$2" "$cases/bad.ini"
}

# Usage.
ways='1 3'
refused 'a configuration file is missing; usage: gdmpi CONFIG.ini'
refused "unknown option '--bogus'; see gdmpi --help" --bogus
refused "there is no command 'bogus'; see gdmpi --help" --help bogus
refused "there is no command 'run.ini'; see gdmpi --help" --help run.ini
refused "'chekc' is neither a command nor .*did you mean 'check'" chekc run.ini
refused 'absent.ini: cannot be read: No such file' absent.ini
refused 'absent.ini: cannot be read: No such file' check absent.ini
refused 'a configuration file is missing; usage: gdmpi check' check
mkdir folder.ini
refused 'folder.ini: is not a file' folder.ini
printf '[data]\nfile = \0\1\2' >binary.ini
refused 'binary.ini: is not a text file' binary.ini
refused "'optimizer.lr' is not an override: expected SECTION.KEY=VALUE" run.ini optimizer.lr

# Sections, keys and values: the line, and the nearest name.
ways='1 3'
bad '[optimiser]' "bad.ini:8: unknown section \[optimiser\]; did you mean 'optimizer'"
bad '[optimizer]\nlerning_rate = 1' "bad.ini:9: unknown key 'lerning_rate' in \[optimizer\]"
bad '[train]\nepoch = 1' "bad.ini:9: unknown key 'epoch' in \[train\]; did you mean 'epochs'"
bad '[optimizer]\nname = adma' "bad.ini:9: .*'adma'.*adam"
bad '[optimizer]\nname = sgd\nmomentum = 0.9' "bad.ini:10: key 'momentum' in \[optimizer\] has no effect with name = sgd"
bad '[model]\ndelta = 0.9' "bad.ini:9: key 'delta' in \[model\] has no effect with loss = cross_entropy; it belongs to huber"
bad '[model]\nlabel_smoothing = 1.5' 'bad.ini:9: label_smoothing = 1.5 is out of range: it must be between 0 and 1'
expect_error 2 'model.delta=0: delta = 0 is out of range: it must be above 0' run.ini model.loss=huber model.delta=0
expect_error 2 'model.quantile=1: quantile = 1 is out of range: it must be above 0 and below 1' \
    run.ini model.loss=quantile model.quantile=1
bad '[train]\nepochs = many' "bad.ini:9: .*'many'"
bad '[train]\nepochs = 0' 'bad.ini:9: .*0'
bad '[train]\nepochs = 1.5' "bad.ini:9: .*'?1.5"
bad '[train]\nbatch_size = -1' 'bad.ini:9: .*-1'
bad '[train]\nprecision = half' "bad.ini:9: .*'half'.*single"
bad '[optimizer]\nlr = nan' "bad.ini:9: .*'nan'"
bad '[optimizer]\nlr = -0.1' 'bad.ini:9: .*-0.1'
bad '[data]\nval_fraction = 1' 'bad.ini:9: .*1'
bad '[data]\nshards = 3' "bad.ini:9: key 'shards' in \[data\] is given twice, first at .*bad.ini:3"
bad '[run]\ncheckpoint_every = 3 fortnights' "bad.ini:9: .*'?3 fortnights"
bad '[run]\nlog_every = 5 minutes' 'bad.ini:9: log_every = .5 minutes. is not a whole number of steps or epochs'
bad '[run]\nverify_every = 5 minutes' 'bad.ini:9: verify_every = .5 minutes. is not a whole number of steps or epochs'
bad '[schedule]\nname = step\nstep_size = 5 minutes' 'bad.ini:10: step_size = .5 minutes. is not a whole number of steps or epochs'
bad '[schedule]\nname = cosine\nstep_size = 5' "bad.ini:10: key 'step_size' in \[schedule\] has no effect with name = cosine; it belongs to step"
bad '[schedule]\nname = multistep\nmilestones = 5, 4' "bad.ini:10: milestones = 5, 4: is not a list of whole numbers"
bad 'no assignment' 'bad.ini:8: '
refused "train.epochs=-1: .*-1" run.ini train.epochs=-1
refused "unknown key 'lr' in \[train\].*\[optimizer\]" run.ini train.lr=1
refused "is given twice" run.ini train.epochs=1 train.epochs=2

# What must be given.
ways='1 3'
grep -v '^file' run.ini >no-file.ini
refused 'no-file.ini: \[data\] file is missing' no-file.ini
grep -v '^layers' run.ini >no-layers.ini
refused 'no-layers.ini: \[model\] layers is missing' no-layers.ini
grep -v '^loss' run.ini >no-loss.ini
refused 'no-loss.ini: \[model\] loss is missing' no-loss.ini

# Layers.
ways='1 3'
refused "unknown layer 'dens'; did you mean 'dense'" run.ini 'model.layers=dens 3'
refused 'dense needs its number of units' run.ini model.layers=dense
refused 'dense three is not understood: units is a whole number' run.ini 'model.layers=dense three'
refused 'dense 0 is out of range' run.ini 'model.layers=dense 0'
refused 'dropout 1 is out of range' run.ini 'model.layers=dropout 1, dense 3'
refused "relu takes no argument, but is followed by '3'" run.ini 'model.layers=dense 3, relu 3'
refused "entry 2 is empty" run.ini 'model.layers=dense 3,, relu'
refused "'4' after 'dense 3' is too much" run.ini 'model.layers=dense 3 4'
refused 'nothing to train' run.ini model.layers=relu
refused 'cross_entropy needs at least 2 outputs' run.ini 'model.layers=dense 1'

# Batches, shards and ranks.
ways='1 3'
expect_error 2 'train.batch_size=2: a step of 2 rows is less than one row from each of 3 shards' \
    run.ini train.batch_size=2
expect_error 2 'data.shards=61: 60 training rows cannot be cut into 61 shards; at most 60' run.ini data.shards=61
ranks_end 2 3 run.ini data.shards=2 && expect_message run 'data.shards=2: 2 shards cannot be worked by 3 ranks; start at most 2 ranks'
expect_error 2 'val_fraction=0.001: .*leaves no row for validation' run.ini data.val_fraction=0.001

# Import.
expect_error 2 '-o DATA.h5 is missing; usage: gdmpi import' import
expect_error 2 'the format is missing' import -o c.h5
expect_error 2 "unknown format 'tsv'; there are csv, " import tsv a b -o c.h5
expect_error 2 '-o DATA.h5 is missing' import idx a b
expect_error 2 'absent' import idx absent absent -o new%.h5
expect_error 2 'run.ini: .*' import idx run.ini run.ini -o new%.h5
wait
compgen -G 'new*' >/dev/null && failed 'a failed import leaves a file'
compgen -G 'runs*' >/dev/null && failed 'a refused run leaves a directory'
finish
