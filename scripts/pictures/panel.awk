# From the lines of curves.awk to the commands of gnuplot, after style.gp: one picture of all panels,
# or with ONLY of that one. Places are in pixels, y upwards as gnuplot has it. After log.awk.
#
# WIDTH is that of the picture, PANEL_HEIGHT that of a panel, and PANEL_COLUMNS how many are in a row. The first line of
# the output is the height of the picture, which gnuplot's terminal needs.
BEGIN {
    FS = "\t"
    width = ENVIRON["WIDTH"]
    columns = ENVIRON["PANEL_COLUMNS"]
    only = ENVIRON["ONLY"]
    character = 7.2 # how wide letters are at most, but for a few
    row = ENVIRON["PANEL_HEIGHT"]
    edge = 12 # around the picture
    commands = 0
    panels = notes = 0
}

function quoted(text) {
    gsub(/'/, "''", text)
    return "'" text "'"
}

function say(text) { command[++commands] = text }

function log10(value) { return log(value) / log(10) }

function least(a, b) { return a < b ? a : b }

function most(a, b) { return a > b ? a : b }

$1 == "note" && only == "" {
    note[++notes] = $2
    note_colour[notes] = $3
    next
}
$1 == "note" || (only != "" && $1 != only) { next }

!($1 in curves) { panel[++panels] = $1; curves[$1] = 0 }
{
    id = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4
    if (!(id in points)) {
        curve[$1, ++curves[$1]] = id
        label[id] = $2
        colour[id] = $3
        kind[id] = $4
    }
    n = ++points[id]
    xs[id, n] = $5
    ys[id, n] = $6
}

# The finite range of a panel's points: low, high, right (of x), and whether it is to be logarithmic.
function measure(name,    i, j, id, y, spread, top) {
    low = high = right = empty
    spread = empty
    for (i = 1; i <= curves[name]; i++) {
        id = curve[name, i]
        top = empty
        for (j = 1; j <= points[id]; j++) {
            y = ys[id, j]
            right = right == empty ? xs[id, j] + 0 : most(right, xs[id, j])
            if (y != "") {
                low = low == empty ? y + 0 : least(low, y)
                high = high == empty ? y + 0 : most(high, y)
                top = top == empty ? y + 0 : most(top, y)
            }
        }
        spread = spread == empty ? top : least(spread, top)
    }
    if (low == empty) {
        low = high = spread = 0
    }
    # A learning rate may go down to nearly 0: it counts how large those of the runs are.
    if (name == "learning rate") {
        low = most(low, spread / 100)
    }
    logarithmic = low > 0 && high > 15 * (name == "learning rate" ? spread : low)
}

function step_of(range, count,    rough, power, times) {
    rough = range / count
    power = exp(int(log10(rough) - (rough < 1 ? 1 : 0)) * log(10))
    times = rough / power
    return power * (times > 5.0001 ? 10 : times > 2.0001 ? 5 : times > 1.0001 ? 2 : 1)
}

function number_text(value, step) {
    return value < step / 2 && value > -step / 2 ? "0" : sprintf("%.6g", value)
}

# Marks for a range: all 1 to 6 of them are round numbers.
function linear_marks(low, high, count, finest,    step, mark, list) {
    step = most(finest, step_of(high - low, count))
    mark = step * int(low / step)
    list = ""
    while (mark < low - step / 1000) {
        mark += step
    }
    for (; mark <= high + step / 1000; mark += step) {
        list = list ", " quoted(number_text(mark, step)) " " sprintf("%.10g", mark)
    }
    return substr(list, 3)
}

function whole(value) { return value < 0 ? -int(-value + 0.999999) : int(value) }

# Decades, every so many; for a range of little more than one also 2 and 5.
function log_marks(low, high,    list, decade, digit, place, every, text) {
    every = most(1, int(step_of(high - low, 5) + 0.5))
    for (decade = whole(low) - 1; decade <= high; decade++) {
        for (digit = 1; digit < 10; digit++) {
            place = decade + log10(digit)
            if (place >= low && place <= high && (digit == 1 ? decade % every == 0 : \
                    high - low < 2 && (digit == 2 || digit == 5))) {
                text = decade < -4 || decade > 5 ? digit "e" decade : sprintf("%g", exp(place * log(10)))
                list = list ", " quoted(text) " " sprintf("%.10g", place)
            }
        }
    }
    return substr(list, 3)
}

function scaled(y) { return y == "" ? "" : logarithmic ? log10(y) : y + 0 }

# The points of a curve as a block of data. Of very many, the lowest and the highest of each stretch
# are kept, in their order.
function show_data(id, block,    i, j, stretch, lowest, highest) {
    stretch = points[id] > 800 ? points[id] / 300 : 1
    say("$" block " << END")
    for (i = 1; i <= points[id]; i += stretch) {
        lowest = highest = int(i)
        for (j = int(i); j < int(i + stretch) && j <= points[id]; j++) {
            if (ys[id, j] == "") {
                continue
            }
            lowest = ys[id, lowest] == "" || ys[id, j] + 0 < ys[id, lowest] + 0 ? j : lowest
            highest = ys[id, highest] == "" || ys[id, j] + 0 > ys[id, highest] + 0 ? j : highest
        }
        show_point(id, least(lowest, highest))
        if (lowest != highest) {
            show_point(id, most(lowest, highest))
        }
    }
    say("END")
}

function show_point(id, i) {
    say(ys[id, i] == "" ? "" : sprintf("%.10g %.10g", xs[id, i], scaled(ys[id, i])))
}

# The last point of a curve that there is; 0: none.
function last_point(id,    i) {
    for (i = points[id]; i > 0 && ys[id, i] == ""; i--) {
    }
    return i
}

function text_of(id,    value) {
    value = sprintf("%.3g", ys[id, last_point(id)])
    return alone(id) ? label[id] (label[id] == "" ? "" : " ") value : label[id]
}

function alone(id) { return ENVIRON["RUN_COUNT"] == 1 }

# Names stand beside the ends of their curves, and where those are close, as close as can be read:
# half-way between what pushing all upwards and what pushing all downwards gives.
function show_names(name, tall,    i, j, count, at, id, order, up, down, gap) {
    gap = 15 / tall
    count = 0
    for (i = 1; i <= curves[name]; i++) {
        id = curve[name, i]
        if (last_point(id) > 0 && kind[id] != "faint") {
            at[id] = most(0, (scaled(ys[id, last_point(id)]) - bottom) / (top - bottom))
            for (j = ++count; j > 1 && at[order[j - 1]] > at[id]; j--) {
                order[j] = order[j - 1]
            }
            order[j] = id
        }
    }
    for (i = 1; i <= count; i++) {
        up[i] = i > 1 ? most(at[order[i]], up[i - 1] + gap) : at[order[i]]
    }
    for (i = count; i > 0; i--) {
        down[i] = i < count ? least(at[order[i]], down[i + 1] - gap) : at[order[i]]
    }
    for (i = 1; i <= count; i++) {
        say(sprintf("set label %s at graph 1, graph %.4f offset character 0.8, 0 tc lt %d", \
            quoted(text_of(order[i])), (up[i] + down[i]) / 2, colour[order[i]]))
    }
}

# How wide the widest name of a panel is.
function name_width(name,    i, length_most) {
    length_most = 0
    for (i = 1; i <= curves[name]; i++) {
        if (kind[curve[name, i]] == "line" && last_point(curve[name, i]) > 0) {
            length_most = most(length_most, length(text_of(curve[name, i])))
        }
    }
    return character * length_most + 14
}

# margins LEFT RIGHT BOTTOM TOP, in pixels of the picture.
function margins(left, right_edge, lower, upper) {
    say(sprintf("set margins screen %.5f, screen %.5f, screen %.5f, screen %.5f", left / width, \
        right_edge / width, lower / height, upper / height))
}

function show_title(name,    text) {
    text = toupper(substr(name, 1, 1)) substr(name, 2) (logarithmic ? ", log scale" : "")
    say("set label " quoted(text (has_faint(name) ? " (thin: single steps)" : "")) \
        " at graph 0, graph 1 offset character 0, 1 tc lt 7")
}

function has_faint(name,    i) {
    for (i = 1; i <= curves[name] && kind[curve[name, i]] != "faint"; i++) {
    }
    return i <= curves[name]
}

function show_curves(name, left, lower,    i, id, list, marks, pad, block) {
    measure(name)
    bottom = scaled(low)
    top = scaled(high)
    if (top == bottom) { # from 0 up or down, so that it says how much it is
        bottom = least(0, 2 * bottom)
        top = top > 0 ? 2 * top : top < 0 ? 0 : 1
    } else {
        pad = (top - bottom) * 0.06
        bottom = low == 0 ? 0 : bottom - pad
        top += pad
    }
    margins(left + 52, left + panel_width - room[column], lower + 42, lower + row - 32)
    say(sprintf("set yrange [%.10g:%.10g]", bottom, top))
    say(sprintf("set xrange [0:%.10g]", right > 0 ? right : 1))
    marks = logarithmic ? log_marks(bottom, top) : linear_marks(bottom, top, 5, 0)
    say("set ytics (" marks ")")
    say("set xtics (" linear_marks(0, right > 0 ? right : 1, 5, 1) ")")
    say("set xlabel " quoted(ENVIRON["RUN_UNIT"]) " offset 0, 0.4 tc lt 8")
    show_title(name)
    show_names(name, row - 74)
    for (i = 1; i <= curves[name]; i++) {
        id = curve[name, i]
        block = "data" ++blocks
        show_data(id, block)
        list = list ", " plot_of(id, block)
    }
    say("plot " substr(list, 3))
}

function plot_of(id, block,    style, end) {
    end = last_point(id)
    style = kind[id] == "faint" ? " lw 1" : ""
    if (end == 0) {
        return "NaN notitle"
    }
    return sprintf("$%s with lines lt %d%s title %s%s", block, colour[id], style, quoted(label[id]), \
        style != "" ? "" : sprintf(", '+' every ::0::0 using (%.10g):(%.10g) with points pt 7 ps 0.5 lt %d notitle", \
            xs[id, end], scaled(ys[id, end]), colour[id]))
}

function show_bars(name, left, lower,    i, j, id, rows, seen, place, thick, run, longest) {
    rows = longest = 0
    for (i = 1; i <= curves[name]; i++) {
        id = curve[name, i]
        if (!(label[id] in seen)) {
            seen[label[id]] = ++rows
            say(sprintf("set label %s at graph 0, first %.5g right offset character -0.8, 0 tc lt 8", \
                quoted(label[id]), 1 - rows))
        }
        run[id] = run_of(id)
        longest = most(longest, ys[id, 1])
    }
    thick = 0.72 / ENVIRON["RUN_COUNT"]
    logarithmic = 0
    margins(left + 76, left + panel_width - 62, lower + 42, lower + row - 32)
    say(sprintf("set xrange [0:%.10g]; set yrange [%.5g:0.6]", longest, 0.4 - rows))
    say("set xlabel 's' offset 0, 0.4 tc lt 8; set xtics (" linear_marks(0, longest, 4, 0) ")")
    say("unset ytics; unset grid; set border 0")
    for (i = 1; i <= curves[name]; i++) {
        id = curve[name, i]
        place = 1 - seen[label[id]] + 0.36 - thick * (run[id] - 0.5)
        say(sprintf("set object rectangle from 0, %.5g to %.10g, %.5g fc lt %d fs solid noborder", \
            place - thick * 0.45, most(ys[id, 1], longest / 400), place + thick * 0.45, colour[id]))
        if (alone(id)) {
            say(sprintf("set label %s at %.10g, %.5g offset character 0.6, 0 tc lt 7", quoted(xs[id, 1]), ys[id, 1], place))
        }
    }
    show_title(name)
    say("plot NaN notitle")
}

# Paths over contours, with names where the lines of kind "name" say; as wide as it is tall, to the
# scale of both axes.
function show_map(name, left, lower,    i, id, list, style, side) {
    side = row - 74
    margins(left + 40, left + 40 + side, lower + 42, lower + row - 32)
    say("set xrange [" ENVIRON["MAP_X"] "]; set yrange [" ENVIRON["MAP_Y"] "]; unset grid; set border 15")
    say("set xtics 1; set xlabel 'first weight' offset 0, 0.4 tc lt 8")
    say("set ytics 1; set ylabel 'second weight' offset 2, 0 tc lt 8")
    logarithmic = 0
    show_title(name)
    for (i = 1; i <= curves[name]; i++) {
        id = curve[name, i]
        if (kind[id] == "name") {
            say(sprintf("set label %s at %s, %s tc lt %d front", quoted(label[id]), xs[id, 1], ys[id, 1], colour[id]))
            continue
        }
        style = kind[id] == "contour" ? "lines lw 1" : points[id] > 150 ? "lines lw 0.8" : "linespoints pt 7 ps 0.35 lw 1.3"
        show_data(id, "data" ++blocks)
        list = list sprintf(", $data%d with %s lt %d title %s", blocks, style, colour[id], quoted(label[id]))
    }
    say("plot " substr(list, 3))
}

# Bars of a run have its colour; the runs of one picture are numbered as they come.
function run_of(id) {
    if (!(colour[id] in runs)) {
        runs[colour[id]] = ++run_count
    }
    return runs[colour[id]]
}

function show_notes(    i, y) {
    for (i = 1; i <= notes; i++) {
        y = height - edge - 6 - 19 * (i - 1)
        say(sprintf("set label %s at screen %.5f, screen %.5f tc lt %d", \
            quoted(shortened(note[i], int((width - 2 * edge) / character))), edge / width, y / height, \
            ENVIRON["RUN_COUNT"] > 1 ? note_colour[i] : i == 1 ? 7 : 8))
    }
}

END {
    empty = "none"
    panel_width = (width - 2 * edge) / columns
    header = notes > 0 ? 19 * notes + 14 : 0
    for (i = 1; i <= panels; i++) {
        room[(i - 1) % columns] = most(room[(i - 1) % columns], name_width(panel[i]))
    }
    height = header + 2 * edge + row * int((panels + columns - 1) / columns)
    print height
    print "set multiplot"
    for (i = 1; i <= panels; i++) {
        say("reset")
        say("load STYLE")
        if (i == 1) {
            show_notes()
        }
        column = (i - 1) % columns
        left = edge + panel_width * column
        lower = edge + row * (int((panels + columns - 1) / columns) - 1 - int((i - 1) / columns))
        if (kind[curve[panel[i], 1]] == "contour") {
            show_map(panel[i], left, lower)
        } else if (kind[curve[panel[i], 1]] == "bar") {
            show_bars(panel[i], left, lower)
        } else {
            show_curves(panel[i], left, lower)
        }
    }
    for (i = 1; i <= commands; i++) {
        print command[i]
    }
    print "unset multiplot"
}
