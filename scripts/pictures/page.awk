# The page of one run, from its metrics.jsonl and config.ini, without its curves, which are to be put
# where the line @curves@ is. After log.awk.
#
# RUN_NAME is that of the run; CONFIG its config.ini; CSS are the files of the page's styles.
function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    gsub(/"/, "\\&quot;", text)
    gsub(/[\001-\037\177]/, " ", text)
    return text
}

function tile(value, what) {
    if (value != "") {
        print "<div><b>" escaped(value) "</b><span>" what "</span></div>"
    }
}

function short_number(value) { return is_number(value) ? sprintf("%.4g", value) : "" }

function show_head(    i, count, file, line) {
    print "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>"
    print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
    print "<title>" escaped(ENVIRON["RUN_NAME"]) "</title>\n<style>"
    count = split(ENVIRON["CSS"], file, "\n")
    for (i = 1; i <= count; i++) {
        while ((getline line <file[i]) > 0) {
            print line
        }
    }
    print "</style>\n</head>\n<body>"
}

function show_summary(    i, key) {
    print "<h1>" escaped(ENVIRON["RUN_NAME"]) "</h1>"
    print "<p>" escaped(start["layers"]) "; " escaped(start["loss"]) "</p>"
    print "<p class=\"soft\">" counted(start["parameters"], "parameter") ", " counted(start["train_rows"], "training row") ", " \
        counted(start["val_rows"], "validation row") ", " counted(start["shards"], "shard") "; " escaped(start["program"]) "</p>"
    if ("diagnosis" in end) {
        print "<p class=\"card diagnosis\">" escaped(end["diagnosis"]) "</p>"
    }
    print "<div class=\"tiles\">"
    tile(finished ? reason_text(end["reason"]) : diverged ? "diverged" : "unfinished", "how it stands")
    for (i = 1; i <= key_count; i++) {
        key = key_of[i]
        if (key ~ /^val_/ && is_number(end[key])) {
            tile(short_number(end[key]), "validation " escaped(metric_name(key)))
        }
    }
    tile(short_number(end["train_loss"]), "training loss")
    tile(is_number(end["epochs"]) ? grouped(end["epochs"]) : "", "epochs")
    tile(is_number(end["steps"]) ? grouped(end["steps"]) : "", "steps")
    tile(is_number(end["best_epoch"]) ? end["best_epoch"] : "", "best epoch")
    tile(is_number(end["seconds"]) ? duration(end["seconds"]) : "", "of training")
    print "</div>"
    if (digest != "") {
        print "<p class=\"soft\">Digest of the parameters" (finished ? "" : " at the last checkpoint") \
            ": <code>" escaped(digest) "</code></p>"
    }
}

function reason_text(reason) { return reason == "epochs" ? "finished" : reason }

function heading(class, most) {
    return "<th title=\"" escaped(name[class]) "\">" escaped(shortened(name[class], most)) "</th>"
}

function show_matrix(text,    cells, cell, i, j, sum, size) {
    gsub(/\[|\]| /, "", text)
    cells = split(text, cell, ",")
    size = int(sqrt(cells) + 0.5)
    print "<h2>Confusion matrix</h2>\n<div class=\"card\">"
    if (size > 40) {
        print "<p>" size " classes are too many to show; it is in the end line of metrics.jsonl.</p></div>"
        return
    }
    print "<p class=\"soft\">Rows of each class (down), by the class that they are taken for (across).</p>"
    if (read_list(start["classes"], name) != size) {
        for (j = 1; j <= size; j++) {
            name[j] = j - 1
        }
    }
    print "<table class=\"matrix\"><tr><th></th>"
    for (j = 1; j <= size; j++) {
        print heading(j, 12)
    }
    print "<th>recall</th></tr>"
    for (i = 0; i < size; i++) {
        sum = 0
        for (j = 1; j <= size; j++) {
            sum += cell[i * size + j]
        }
        print "<tr>" heading(i + 1, 32)
        for (j = 1; j <= size; j++) {
            printf "<td style=\"--share: %.3f\">%.6g</td>", 0.6 * cell[i * size + j] / (sum > 0 ? sum : 1), cell[i * size + j]
        }
        print "<td class=\"sum\">" (sum > 0 ? sprintf("%.1f %%", 100 * cell[i * size + i + 1] / sum) : "") "</td></tr>"
    }
    print "</table></div>"
}

function amount(bytes) {
    bytes += 0
    return bytes < 1048576 ? sprintf("%.3g KiB", bytes / 1024) : bytes < 1073741824 ? sprintf("%.4g MiB", bytes / 1048576) : \
        sprintf("%.4g GiB", bytes / 1073741824)
}

function fact(what, value) { print "<tr><th>" what "</th><td>" value "</td></tr>" }

function show_account(    i, count, phase, total, share) {
    count = split("load compute wait reduce update validate checkpoint other", phase)
    for (i = 1; i <= count; i++) {
        total += end[phase[i] "_seconds"]
    }
    print "<h2>Where the time went</h2>\n<div class=\"card\">"
    print "<p class=\"soft\">Seconds of a rank since the last start; mean, min and max are over the ranks.</p>"
    print "<table class=\"numbers\"><tr><th></th><th></th><td class=\"soft\">share</td><td class=\"soft\">mean</td>"
    print "<td class=\"soft extreme\">min</td><td class=\"soft extreme\">max</td></tr>"
    for (i = 1; i <= count && total > 0; i++) {
        share = 100 * end[phase[i] "_seconds"] / total
        printf "<tr><th>%s</th><td class=\"bar\"><i style=\"width: %.2f%%\"></i></td><td>%.1f %%</td>", phase[i], share, share
        printf "<td>%.3f</td><td class=\"extreme\">%.3f</td><td class=\"extreme\">%.3f</td></tr>\n", \
            end[phase[i] "_seconds"], end[phase[i] "_min_seconds"], end[phase[i] "_max_seconds"]
    }
    print "</table></div>\n<h2>Speed and memory</h2>\n<div class=\"card\"><table class=\"facts\">"
    if (is_number(end["samples_per_second"])) {
        fact("speed", grouped(end["samples_per_second"]) " samples/s")
        fact("arithmetic", sprintf("%.3g GFLOP/s", end["flop_per_second"] / 1e9) (end["machine_flop_per_second"] + 0 > 0 ? \
            sprintf(", %.0f %% of this machine's GEMM rate", 100 * end["flop_per_second"] / end["machine_flop_per_second"]) : ""))
        fact("start", duration(end["start_seconds"]) " from launch to the first step")
    }
    if (end["resident_bytes"] + 0 > 0) {
        fact("memory", amount(end["resident_bytes"]) " a rank at most, " amount(end["host_resident_bytes"]) " on a host")
    }
    if (is_number(end["saving_seconds"])) {
        fact("checkpoints", duration(end["saving_seconds"]) " to write, " \
            duration(end["saving_processor_seconds"]) " of a processor")
    }
    print "</table></div>"
}

function show_config(    line, place, open_table) {
    print "<h2>Configuration</h2>\n<div class=\"card config\">"
    while ((getline line <ENVIRON["CONFIG"]) > 0) {
        if (line ~ /^\[.*\]/) {
            print (open_table ? "</table>\n" : "") "<table><caption>" escaped(line) "</caption>"
            open_table = 1
        } else if (line !~ /^[ \t]*([;#]|$)/ && open_table) {
            place = match(line, / *= */)
            print "<tr><th>" escaped(substr(line, 1, place - 1)) "</th><td>" escaped(substr(line, place + RLENGTH)) "</td></tr>"
        }
    }
    print (open_table ? "</table>" : "<p>There is no config.ini.</p>") "</div>"
}

# Of a run that has not ended, or was stopped, its last epoch tells.
read_object($0, values) {
    finished = values["event"] == "end" && ("digest" in values)
    diverged = values["event"] == "end" && values["reason"] == "diverged"
    if (values["event"] == "start") {
        read_object($0, start)
    } else if (values["event"] == "epoch" || finished) {
        last = $0
    }
    if ("digest" in values) {
        digest = values["digest"]
    }
}

END {
    read_object(last, end)
    if (!finished) {
        delete end["seconds"]
        end["epochs"] = end["epoch"]
        end["steps"] = end["step"]
    }
    show_head()
    show_summary()
    print "<h2>Curves</h2>\n@curves@"
    if (end["val_confusion_matrix"] ~ /^\[/) {
        show_matrix(end["val_confusion_matrix"])
    }
    if (finished) {
        show_account()
    }
    show_config()
    print "</body>\n</html>"
}
