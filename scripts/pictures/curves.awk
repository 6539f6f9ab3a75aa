# From a run's metrics.jsonl to what can be drawn: a line "panel, curve, colour, kind, x, y" for each
# point, separated by tabs. Kinds are "line", "faint", and "bar", whose y is a length and x a text. A
# point without a finite value has no y. The panel "note" is text about the run. After log.awk.
#
# RUN_NAME, RUN_COLOUR and RUN_FILE are of this run, RUN_COUNT is the number of runs in the picture,
# and RUN_UNIT is what x counts: epoch or step.
BEGIN {
    OFS = "\t"
    name = shortened(ENVIRON["RUN_NAME"], 20)
    colour = ENVIRON["RUN_COLOUR"]
    alone = ENVIRON["RUN_COUNT"] == 1
    by_step = ENVIRON["RUN_UNIT"] == "step"
    ratios = " accuracy F1 precision recall ROC AUC top 5 R\302\262 "
    phases = split("load compute wait reduce update validate checkpoint other", phase)
}

# point PANEL CURVE COLOUR KIND KEY: of this line; with several runs, a curve has the run's name and
# colour, and panels are split instead.
function point(panel, curve, own_colour, kind, key,    y) {
    if (key in values && x != "") {
        y = is_number(values[key]) ? values[key] : ""
        print panel, alone ? curve : name, alone ? own_colour : colour, kind, x, y
    }
}

function show_epoch(    i, key, metric) {
    x = by_step ? values["step"] : values["epoch"]
    point(alone ? "loss" : "training loss", "training", 1, "line", "train_loss")
    if (validated) {
        point(alone ? "loss" : "validation loss", "validation", 2, "line", "val_loss")
    }
    for (i = 1; i <= key_count && validated; i++) {
        key = key_of[i]
        metric = metric_name(key)
        if (key !~ /^val_/ || key == "val_loss" || values[key] ~ /^\[/) {
            continue
        }
        point(alone ? group(metric) : "validation " metric, metric, colour_of(key), "line", key)
    }
    point("learning rate", "", 1, "line", "lr")
    point("gradient norm", "", 1, "line", "grad_norm")
    point("parameter norm", "", 1, "line", "param_norm")
}

# Metrics of the same kind share a panel.
function group(metric) {
    return index(ratios, " " metric " ") ? "validation metrics" : "validation errors"
}

function colour_of(key) {
    return key ~ /accuracy|rmse/ ? 2 : key ~ /f1|mae/ ? 1 : key ~ /auc/ ? 3 : key ~ /recall/ ? 4 : \
        key ~ /precision/ ? 5 : 6
}

function show_step() {
    x = by_step ? values["step"] : steps > 0 ? values["step"] / steps : ""
    if (alone || by_step) {
        point(alone ? "loss" : "training loss", "step", by_step ? 1 : 9, by_step ? "line" : "faint", "loss")
    }
    point("learning rate", "", 1, "line", "lr")
    point("gradient norm", "", 1, "line", "grad_norm")
}

function show_times(    i, total) {
    for (i = 1; i <= phases; i++) {
        total += values[phase[i] "_seconds"]
    }
    for (i = 1; i <= phases && total > 0; i++) {
        print "time of a rank in each phase", phase[i], colour, "bar",
            sprintf("%.1f %%", 100 * values[phase[i] "_seconds"] / total), values[phase[i] "_seconds"]
    }
}

function note(text) {
    print "note", text, colour, "text", "", ""
}

function show_end(    text) {
    if (!("reason" in values)) {
        text = last_step == "" ? (diverged ? "diverged" : "nothing is trained yet") : \
            (diverged ? "diverged: " : "unfinished: ") counted(last_epoch, "epoch") ", " counted(last_step, "step") " so far"
    } else {
        text = counted(values["epochs"], "epoch") ", " counted(values["steps"], "step") ", " \
            duration(values["seconds"])
        if (is_number(values["best_epoch"])) {
            text = text "; best epoch " values["best_epoch"]
        }
        text = text "; digest " values["digest"]
    }
    return text
}

function complain(text) {
    printf "%s: %s:%d: %s\n", ENVIRON["PROGRAM"], ENVIRON["RUN_FILE"], NR - 1, text >"/dev/stderr"
    failed = 1
    exit 1
}

# The last line may be half written.
broken { complain("is no line of a run's log, such as {\"event\": \"epoch\", \"epoch\": 1, ...}") }
!read_object($0, values) { broken = 1; next }

values["event"] == "start" {
    steps = values["steps_per_epoch"]
    validated = values["val_rows"] > 0
    about = values["layers"] "; " values["loss"] "; " grouped(values["parameters"]) " parameters"
}
values["event"] == "epoch" { show_epoch() }
values["event"] == "step" { show_step() }
values["event"] ~ /^(epoch|step)$/ { last_step = values["step"]; last_epoch = int(steps > 0 ? last_step / steps : 0) }
# Where a run went on after its end, a later one tells.
{
    ended = values["event"] == "end" && ("digest" in values)
    diverged = values["event"] == "end" && values["reason"] == "diverged"
    last = $0
}

END {
    if (failed) {
        exit 1
    }
    if (!ended || !read_object(last, values)) {
        split("", values)
    }
    if (alone) {
        note(ENVIRON["RUN_NAME"])
        note(about)
    }
    note((alone ? "" : ENVIRON["RUN_NAME"] ": ") show_end())
    if (ended) {
        show_times()
    }
}
