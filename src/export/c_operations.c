#include "c_operations.h"

static const char relu[] = "static $r relu($r a) {\n"
                           "    return a < 0 ? 0 : a;\n"
                           "}\n";

static const char sigmoid[] = "static $r sigmoid($r a) {\n"
                              "    return 1 / (1 + exp$f(-a));\n"
                              "}\n";

static const char columns[] = "static void copy(long count, const $r *x, $r *y) {\n"
                              "    for (long i = 0; i < count; i++) {\n"
                              "        y[i] = x[i];\n"
                              "    }\n"
                              "}\n";

static const char join[] =
    "static void join(long count, const $r *a, long more, const $r *b, $r *y) {\n"
    "    for (long i = 0; i < count; i++) {\n"
    "        y[i] = a[i];\n"
    "    }\n"
    "    for (long i = 0; i < more; i++) {\n"
    "        y[count + i] = b[i];\n"
    "    }\n"
    "}\n";

/* Lanes, so that a compiler makes vectors of them, and for the sake of rounding. */
static const char dense[] = "static void dense(long inputs, long outputs, const $r *weight, "
                            "const $r *bias,\n                  const $r *x, $r *y) {\n"
                            "    for (long i = 0; i < outputs; i++, weight += inputs) {\n"
                            "        $r lane[16] = {0};\n"
                            "        long j = 0;\n"
                            "        for (; j + 16 <= inputs; j += 16) {\n"
                            "            for (int k = 0; k < 16; k++) {\n"
                            "                lane[k] += weight[j + k] * x[j + k];\n"
                            "            }\n"
                            "        }\n"
                            "        for (int k = 0; j + k < inputs; k++) {\n"
                            "            lane[k] += weight[j + k] * x[j + k];\n"
                            "        }\n"
                            "        for (int k = 1; k < 16; k++) {\n"
                            "            lane[0] += lane[k];\n"
                            "        }\n"
                            "        y[i] = lane[0] + bias[i];\n"
                            "    }\n"
                            "}\n";

static const char lookup[] =
    "/* The rows of the table that the numbers x name; not numbers, if it has no such row. */\n"
    "static void lookup(long count, long size, long width, const $r *table, const $r *x, $r *y) {\n"
    "    for (long i = 0; i < count; i++) {\n"
    "        const int known = x[i] >= 0 && x[i] < size && x[i] == floor$f(x[i]);\n"
    "        for (long j = 0; j < width; j++) {\n"
    "            y[i * width + j] = known ? table[(long)x[i] * width + j] : NAN;\n"
    "        }\n"
    "    }\n"
    "}\n";

static const char mean[] = "static $r mean(long count, const $r *x) {\n"
                           "    $r sum = 0;\n"
                           "    for (long i = 0; i < count; i++) {\n"
                           "        sum += x[i];\n"
                           "    }\n"
                           "    return sum / ($r)count;\n"
                           "}\n";

static const char softmax[] = "static void softmax(long count, const $r *x, $r *y) {\n"
                              "    $r most = x[0], sum = 0;\n"
                              "    for (long i = 1; i < count; i++) {\n"
                              "        most = x[i] > most ? x[i] : most;\n"
                              "    }\n"
                              "    for (long i = 0; i < count; i++) {\n"
                              "        y[i] = exp$f(x[i] - most);\n"
                              "        sum += y[i];\n"
                              "    }\n"
                              "    for (long i = 0; i < count; i++) {\n"
                              "        y[i] /= sum;\n"
                              "    }\n"
                              "}\n";

const gd_c_operation gd_c_operations[GD_OPERATIONS] = {
    [GD_ADD] = {"$1 + $2", GD_C_SUM, NULL},
    [GD_SUBTRACT] = {"$1 - $2", GD_C_SUM, NULL},
    [GD_MULTIPLY] = {"$1 * $2", GD_C_PRODUCT, NULL},
    [GD_DIVIDE] = {"$1 / $2", GD_C_PRODUCT, NULL},
    [GD_GREATER] = {"$1 > $2", GD_C_COMPARISON, NULL},
    [GD_CHOOSE] = {"$1 ? $2 : $3", GD_C_CHOICE, NULL},
    [GD_ERFC] = {"erfc$f($1)", GD_C_CALL, NULL},
    [GD_EXP] = {"exp$f($1)", GD_C_CALL, NULL},
    [GD_EXPM1] = {"expm1$f($1)", GD_C_CALL, NULL},
    [GD_LOG1P] = {"log1p$f($1)", GD_C_CALL, NULL},
    [GD_RELU] = {"relu($1)", GD_C_CALL, relu},
    [GD_SIGMOID] = {"sigmoid($1)", GD_C_CALL, sigmoid},
    [GD_SQRT] = {"sqrt$f($1)", GD_C_CALL, NULL},
    [GD_TANH] = {"tanh$f($1)", GD_C_CALL, NULL},
    [GD_COLUMNS] = {"copy($m, $1 + $c, $y)", 0, columns},
    [GD_DENSE] = {"dense($n, $m, $2, $3, $1, $y)", 0, dense},
    [GD_JOIN] = {"join($n, $1, $k, $2, $y)", 0, join},
    [GD_LOOKUP] = {"lookup($n, $s, $k, $2, $1, $y)", 0, lookup},
    [GD_MEAN] = {"$y[0] = mean($n, $1)", 0, mean},
    [GD_SOFTMAX] = {"softmax($n, $1, $y)", 0, softmax},
};
