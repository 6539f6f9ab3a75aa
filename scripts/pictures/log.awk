# Lines of metrics.jsonl, as gdmpi writes them: objects of texts, numbers, null, matrices and lists of
# texts; and how numbers and names are shown.

function unescape(text,    out, escape) {
    out = ""
    while (match(text, /\\./)) {
        escape = substr(text, RSTART + 1, 1)
        out = out substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + 2)
        if (escape == "u") { # what gdmpi escapes so: bytes that are no text, and control characters
            out = out (tolower(text) ~ /^fffd/ ? "\357\277\275" : " ")
            text = substr(text, 5)
        } else {
            out = out (escape ~ /["\\\/]/ ? escape : " ")
        }
    }
    return out text
}

# Puts the values of the object `line` into `values`, texts without quotes and escapes, matrices and
# lists as they are written, and its keys in their order into `key_of`, 1 to `key_count`. Is 0 if it
# is no whole object.
function read_object(line, values,    key, value, text) {
    split("", values)
    key_count = 0
    if (!sub(/^ *\{/, "", line)) {
        return 0
    }
    while (match(line, /^[ ,]*"[^"\\]*" *: */)) {
        key = substr(line, 1, RLENGTH)
        line = substr(line, RLENGTH + 1)
        gsub(/^[ ,]*"|" *: *$/, "", key)
        if (match(line, /^"([^"\\]|\\.)*"/)) {
            text = 1
        } else if (match(line, /^\["([^"\\]|\\.)*"(, *"([^"\\]|\\.)*")*\]/) || match(line, /^\[[^"{}]*\]/) || \
             match(line, /^(-?[0-9][-+.0-9eE]*|null|true|false)/)) {
            text = 0
        } else {
            return 0
        }
        value = substr(line, 1, RLENGTH)
        line = substr(line, RLENGTH + 1)
        key_of[++key_count] = key
        values[key] = text ? unescape(substr(value, 2, length(value) - 2)) : value
    }
    return line ~ /^ *\} *\r?$/
}

# The texts of a list, from 1 on; how many there are.
function read_list(list, texts,    count, text) {
    count = 0
    while (match(list, /"([^"\\]|\\.)*"/)) {
        text = substr(list, RSTART + 1, RLENGTH - 2)
        list = substr(list, RSTART + RLENGTH)
        texts[++count] = unescape(text)
    }
    return count
}

function is_number(value) {
    return value ~ /^-?[0-9][0-9]*(\.[0-9]*)?([eE][-+]?[0-9]+)?$/
}

# 12345678 as 12,345,678.
function grouped(number,    text) {
    text = sprintf("%.0f", number)
    while (match(text, /^-?[0-9]+[0-9][0-9][0-9]($|,)/)) {
        match(text, /^-?[0-9]+/)
        text = substr(text, 1, RLENGTH - 3) "," substr(text, RLENGTH - 2)
    }
    return text
}

# At most `most` characters of text, with dots in the middle; bytes of UTF-8 stay together.
function shortened(text, most,    first, last) {
    if (length(text) <= most) {
        return text
    }
    first = int(most / 2)
    last = length(text) - (most - first - 2)
    while (first > 0 && substr(text, first + 1, 1) ~ /[\200-\277]/) {
        first--
    }
    while (substr(text, last, 1) ~ /[\200-\277]/) {
        last++
    }
    return substr(text, 1, first) "\342\200\246" substr(text, last)
}

# The name by which a metric is called in pictures.
function metric_name(key) {
    sub(/^val_/, "", key)
    gsub(/_/, " ", key)
    sub(/^rmse$/, "RMSE", key)
    sub(/^mae$/, "MAE", key)
    sub(/^r2$/, "R\302\262", key)
    sub(/^roc auc$/, "ROC AUC", key)
    sub(/^f1$/, "F1", key)
    return key
}

function duration(seconds) {
    seconds += 0
    return seconds < 1 ? sprintf("%.0f ms", 1000 * seconds) : seconds < 120 ? sprintf("%.1f s", seconds) : \
        seconds < 7200 ? sprintf("%.0f min", seconds / 60) : sprintf("%.1f h", seconds / 3600)
}

function counted(number, what) { return grouped(number) " " what (number == 1 ? "" : "s") }
