# The paths of runs over the loss of the data of `scripts/make-data valley`, as lines for panel.awk.
# The input are the rows "data X1 X2 Y", then for each run "run NAME COLOUR STEPS-PER-X LABEL-X
# LABEL-Y", separated by tabs, and its parameters of each step, "at W1 W2 BIAS".
#
# With means of 0, the mean of (w x + b - y)^2 is w S w - 2 c w + y^2 + b^2, where S is the mean of
# x x^T and c that of x y.
BEGIN { FS = OFS = "\t" }

function found_least(    det) {
    s11 /= n; s12 /= n; s22 /= n; c1 /= n; c2 /= n
    det = s11 * s22 - s12 * s12
    best1 = (s22 * c1 - s12 * c2) / det
    best2 = (s11 * c2 - s12 * c1) / det
}

# How much more the loss is than at its least.
function excess(w1, w2, b) {
    w1 -= best1
    w2 -= best2
    return s11 * w1 * w1 + 2 * s12 * w1 * w2 + s22 * w2 * w2 + b * b
}

# Where the loss is `level` above the least: an ellipse along the eigenvectors of S.
function contour(name, level, colour,    mean, half, long, short, angle, turn, i, u, v) {
    mean = (s11 + s22) / 2
    half = sqrt((s11 - s22) * (s11 - s22) / 4 + s12 * s12)
    short = sqrt(level / (mean + half))
    long = sqrt(level / (mean - half))
    angle = atan2(2 * s12, s11 - s22) / 2
    for (i = 0; i <= 90; i++) {
        turn = i * 2 * atan2(0, -1) / 90
        u = short * cos(turn)
        v = long * sin(turn)
        printf "path over the loss\t%s\t%d\tcontour\t%.3f\t%.3f\n", name, colour, best1 + u * cos(angle) - v * sin(angle), \
            best2 + u * sin(angle) + v * cos(angle)
    }
}

$1 == "data" {
    n++
    s11 += $2 * $2; s12 += $2 * $3; s22 += $3 * $3; c1 += $2 * $4; c2 += $3 * $4
}
$1 == "run" {
    if (!runs++) {
        found_least()
        for (i = 0; i < 9; i++) {
            contour("contour " i, 0.005 * exp(i * log(2.6)), 9)
        }
    }
    name = $2; colour = $3; every = $4
    print "path over the loss", name, colour, "name", $5, $6
    step = 0
}
$1 == "at" {
    printf "path over the loss\t%s\t%d\tpath\t%.3f\t%.3f\n", name, colour, $2, $3
    printf "loss above the least\t%s\t%d\tline\t%.6g\t%.4g\n", name, colour, step / every, excess($2, $3, $4)
    step++
}
END { print "path over the loss", "\303\227", 7, "name", best1, best2 }
