/* The operations of a graph, as C has them. */
#ifndef GDMPI_C_OPERATIONS_H
#define GDMPI_C_OPERATIONS_H

#include "gdmpi/graph.h"

/* How tightly an expression holds together; looser ones within it need parentheses. */
enum { GD_C_CHOICE, GD_C_COMPARISON, GD_C_SUM, GD_C_PRODUCT, GD_C_CALL };

/* Codes within texts: $1 $2 $3 operands (elements of them, or arrays), $y the array that the value
 * goes to, $n $k widths of the first and the second operand, $s rows of the second, $m width of the
 * value, $c its first column; $r float or double, $f the f of expf, for float alone. */
typedef struct gd_c_operation {
    const char *text;     /* by element an expression, else a statement; NULL: neither */
    int level;            /* of an expression */
    const char *function; /* what it calls, if that is not in math.h */
} gd_c_operation;

extern const gd_c_operation gd_c_operations[GD_OPERATIONS];

#endif
