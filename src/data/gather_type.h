/* The conversion of one number type, included once for each: GATHER_TYPE is the type and
 * GATHER_NAME the function. */
GD_CLONES static void GATHER_NAME(const void *from, int64_t count, real scale, real *restrict to) {
    const GATHER_TYPE *values = from;
    for (int64_t i = 0; i < count; i++) {
        to[i] = (real)values[i] * scale;
    }
}

#undef GATHER_NAME
#undef GATHER_TYPE
