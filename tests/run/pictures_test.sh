#!/usr/bin/env bash
# scripts/plot and scripts/report draw a tiny run, whatever its folder and its settings are called.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/support.sh"

command -v gnuplot >/dev/null || { echo 'no gnuplot: nothing can be drawn' && exit 77; }

plot=$root/scripts/plot
report=$root/scripts/report

# curves SVG: how many there are; each is a group with a path, which single points lack.
curves() {
    grep -o '<g class="curve"><g [^>]*><path' "$1" | wc -l
}

# expect_well_formed FILE: all tags are closed, in their order.
expect_well_formed() {
    if command -v xmllint >/dev/null; then
        xmllint --noout "$1" || failed "$1 is not well formed"
    else
        perl -0777 -e '
            $_ = <>;
            s/<!DOCTYPE[^>]*>|<\?[^>]*>//g;
            while (/<(\/?)(\w+)(?:\s[^<>]*?)?(\/?)>/g) {
                next if $3;
                if (!$1) { push @open, $2 } elsif ((pop(@open) // "") ne $2) { die "</$2> is not expected\n" }
            }
            die "<@open> is not closed\n" if @open;' "$1" || failed "$1 is not well formed"
    fi
}

expect_in() {
    grep -qF -- "$2" "$1" || failed "no '$2' in $1"
}

expect_not_in() {
    ! grep -qF -- "$2" "$1" || failed "there is '$2' in $1"
}

# refused PATTERN COMMAND...: it must fail with one line that has the pattern.
refused() {
    local pattern=$1
    shift
    if "$@" >out.refused 2>err.refused; then
        failed "$* has succeeded"
    elif [ "$(wc -l <err.refused)" != 1 ] || ! grep -Eq -- "$pattern" err.refused; then
        failed "$*: not one message of '$pattern':"
        cat err.refused
    fi
}

small_run 0.01 4
hostile="a 'run' \"<script>alert(1)</script>\" & \`touch ran\` \$(touch ran) %s \\n @x"
hostile=${hostile//\//-}
ranks 1 run.ini run.dir=tiny run.metrics='f1, roc_auc, confusion_matrix' run.log_every='5 steps' || finish

"$plot" tiny >out.plot || failed 'a run is not drawn'
[ -s tiny/plot.png ] || failed 'there is no PNG'
expect_well_formed tiny/plot.svg
# Losses of steps, training and validation; accuracy, F1, ROC AUC; learning rate; two norms.
[ "$(curves tiny/plot.svg)" = 9 ] || failed "$(curves tiny/plot.svg) curves instead of 9"
for word in training validation accuracy F1 'ROC AUC' 'Learning rate' 'Gradient norm' 'Parameter norm' compute \
    "$(digest tiny)"; do
    expect_in tiny/plot.svg "$word"
done
cp tiny/plot.svg before.svg
"$plot" tiny >out.plot
cmp tiny/plot.svg before.svg || failed 'the same run is drawn otherwise'

"$report" tiny >out.report || failed 'there is no report'
expect_well_formed tiny/report.html
[ "$(curves tiny/report.html)" = 9 ] || failed "$(curves tiny/report.html) curves in the report instead of 9"
for word in "$(digest tiny)" 'Confusion matrix' '<th>batch_size</th><td>20</td>' 'prefers-color-scheme: dark' compute; do
    expect_in tiny/report.html "$word"
done
expect_not_in tiny/report.html 'http-equiv'
grep -Eq '(src|href)=' tiny/report.html && failed 'the report needs other files'

# Names and settings that are no HTML, no command and no gnuplot.
cp -r tiny "$hostile"
sed -i 's|^init_from .*|init_from = <script>"x"</script> \& '"'y'"'|' "$hostile/config.ini"
sed -i 's|"config": "[^"]*"|"config": "<script>"|
    s|"digest": |"diagnosis": "<script>\\"\&", &|
    s|"layers": "|&<script>\\"|
    s|"parameters": |"classes": ["<script>\\"\&", "\\\\", "\\u0001 a name, [x] of 40 letters or more, cut"], &|' "$hostile/metrics.jsonl"
"$plot" -o hostile tiny "$hostile" >out.plot 2>err.plot || failed "it is not drawn: $(cat err.plot)"
"$report" -o hostile.html "$hostile" >out.report || failed 'there is no report of it'
expect_well_formed hostile.svg
expect_well_formed hostile.html
expect_not_in hostile.svg '<script'
expect_not_in hostile.html '<script'
expect_in hostile.html '<th title="&lt;script&gt;&quot;&amp;">&lt;script&gt;'
expect_in hostile.html 'diagnosis">&lt;script&gt;&quot;&amp;</p>'
[ ! -e ran ] || failed 'a name was run as a command'

# Runs that are unfinished, half written, of one epoch, or of values that are none.
cp -r tiny part
grep -v '"end"' tiny/metrics.jsonl | head -n -2 >part/metrics.jsonl
printf '{"event": "step", "epo' >>part/metrics.jsonl
"$plot" -o part tiny part >out.plot || failed 'an unfinished run is not drawn'
expect_in part.svg unfinished
"$report" part >out.report && expect_in part/report.html unfinished
sed -i -E '4,6s/("(train_loss|val_loss|grad_norm)": )[^,}]*/\1null/; s/"param_norm": [^,]*, //' part/metrics.jsonl
"$plot" part >out.plot || failed 'a run with null is not drawn'
expect_not_in part/plot.svg nan
head -n 1 tiny/metrics.jsonl >part/metrics.jsonl
"$report" part >out.report || failed 'a run without steps has no report'
ranks 1 run.ini run.dir=one train.epochs=1
"$plot" one >out.plot || failed 'a run of one epoch is not drawn'
expect_in one/plot.svg '<circle'
ranks 1 run.ini run.dir=few train.max_steps=3 run.log_every='1 steps'
"$plot" few >out.plot || failed 'a run without an epoch is not drawn'
ranks 1 run.ini run.dir=one train.epochs=2
"$plot" one >out.plot && expect_in one/plot.svg '2 epochs'
ranks 1 run.ini run.dir=alone data.val= train.epochs=2
timeout 60 "$plot" alone >out.plot || failed 'a run without validation is not drawn'
expect_not_in alone/plot.svg alidation
# A metric that is null in all epochs, in a panel of its own.
sed -E 's/"val_loss": [^,]*/"val_loss": null/' tiny/metrics.jsonl >part/metrics.jsonl
timeout 60 "$plot" -o null part part >out.plot || failed 'a loss that is always null is not drawn'

sed -E 's/"train_loss": ([0-9.]*)/"train_loss": \1e250/' tiny/metrics.jsonl >part/metrics.jsonl
"$plot" part >out.plot && expect_in part/plot.svg '>1e200<'
refused 'no such folder' "$plot" nowhere
refused 'metrics.jsonl: cannot be read' "$report" .
refused 'there is no folder absent' "$plot" -o absent/plot tiny
refused 'there is no folder absent' "$report" -o absent/report.html tiny
sed '3s/.*/{"event": oh}/' tiny/metrics.jsonl >part/metrics.jsonl
refused 'metrics.jsonl:3: is no line' "$plot" part
refused 'metrics.jsonl:3: is no line' "$report" part

finish
