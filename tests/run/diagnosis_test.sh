#!/usr/bin/env bash
# A run that goes wrong ends with a sentence that says how, the same on any number of ranks and after any resume; one that does
# not ends without.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

"$make_data" noise noise.h5 60 40 || exit 1
small_run 0.02 12 'dense 24, relu, dense 3'
"$gdmpi" --help >help

# end_of DIRECTORY: the last line of its log, without times.
end_of() {
    untimed "$1" | tail -n 1
}

# says PATTERN: the diagnosis of the last run is this, in the log and on the screen, and what it names is there to be set.
says() {
    local sentence word
    sentence=$(sed -n '$ s/.*"diagnosis": "\([^"]*\)".*/\1/p' next/metrics.jsonl)
    grep -Eq -- "$1" <<<"$sentence" || { failed "the diagnosis is '$sentence', without '$1'" && return; }
    grep -Fxq "diagnosis $sentence" out.run || failed "'$sentence' is not printed"
    while read -r word; do
        sed -n "/^\[${word%.*}\]/,/^\[/ p" help | grep -Eq "^(; )?${word#*.} =" || failed "$word, in '$sentence', is no setting"
    done < <(grep -oE '(optimizer|schedule|model|stop|data)\.[a-z_]+\b' <<<"$sentence")
}

# silent: the last run has none.
silent() {
    ! grep -q diagnosis next/metrics.jsonl out.run || failed "a diagnosis of a run that learns: $(grep diagnosis out.run)"
}

# goes_on WHAT STEP OVERRIDE...: from the checkpoint of a step of the last run, alone in another directory, on another number of
# ranks.
goes_on() {
    local what=$1 step
    step=step-$(printf %08d "$2").h5
    shift 2
    rm -rf again saved && mkdir saved && cp "next/checkpoints/$step" saved
    ranks 2 run.ini run.dir=again run.resume="saved/$step" "$@"
    diff <(end_of next) <(end_of again) || failed "$what from $step: the ends differ"
}

# layers N KIND: a network of so many hidden layers with this activation.
layers() {
    local i list=
    for ((i = 0; i < $1; i++)); do
        list+="dense 16, $2, "
    done
    echo "model.layers=${list}dense 3"
}

same_on 'a run that learns' '1 3' run.ini
silent
same_on 'a rate too high' '1 3' run.ini optimizer.name=sgd optimizer.lr=30 "$(layers 1 tanh)"
says '^training loss (oscillates|rose from).*: optimizer.lr \(30\) is probably too high; '
same_on 'a rate too low' '1 3' run.ini optimizer.lr=1e-6
says '^training loss fell only from .* \(epoch 1\) to .* \(epoch 12\), .*: optimizer.lr \(1e-06\) is probably too low; '
same_on 'dead units' '1 3' run.ini optimizer.lr=10
says '^2[0-4] of the 24 units of relu number 1 in model.layers put out 0 for each of 203 training rows: '
same_on 'gradients that vanish' '1 3' run.ini train.epochs=2 "$(layers 7 sigmoid)"
says '^the gradient vanishes on its way back: its norms, from the last layer, are .* \(14.weight\), .*, .* \(0.weight\), so'
same_on 'gradients that explode' '1 3' run.ini train.epochs=2 model.init=he_normal model.init_gain=9 "$(layers 7 relu)" \
    optimizer.clip_norm=1 optimizer.name=sgd
says '^the gradient explodes: it .*; its norms, from the last layer back, are .* \(14.weight\), .* \(0.weight\); try'

overfitting=(data.file=noise.h5 train.epochs=30 run.checkpoint_every=7 run.keep=1000)
same_on 'learning by heart' '1 3' run.ini "${overfitting[@]}"
says '^validation loss rose from .* \(epoch [1-9]\) to .* \(epoch 30\) while training loss fell .*; checkpoints/best is of epoch [1-9]; '
for step in 7 42 90; do
    goes_on 'learning by heart' "$step" "${overfitting[@]}"
done
same_on 'learning by heart, stopped early' 1 run.ini "${overfitting[@]}" stop.patience=25
says '; model.h5 is of epoch [1-9]; '

# Of one that diverges, the message says what to try.
ranks_end 3 3 run.ini run.dir=next run.resume=never optimizer.name=sgd optimizer.lr=1e30 "$(layers 1 leaky_relu)"
expect_message run 'training diverged: .*; try a smaller optimizer.lr'
tail -n 1 next/metrics.jsonl | grep -q '"event": "end", .*"reason": "diverged"' || failed 'the log does not say that the run diverged'
finish
