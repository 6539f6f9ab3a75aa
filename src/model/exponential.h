/* The exponential and its kin as plain arithmetic, so that loops over them become vectors, with the
 * same bits on every processor; within 3 units of the last place. */
#ifndef GDMPI_EXPONENTIAL_H
#define GDMPI_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

#include "gdmpi/real.h"

#ifdef GD_DOUBLE
typedef uint64_t bits_of_real;
#define GD_EXP_SHIFT 0x1.8p52 /* added to a number, leaves its integer in the lowest bits */
#define GD_EXP_LOWEST (-708)
#define GD_EXP_HIGHEST 709
#define GD_LN2_HIGH 0x1.62e42feep-1
#define GD_LN2_LOW 0x1.a39ef35793c76p-33
enum { EXP_BIAS = 1023, EXP_PLACE = 52, EXP_TERMS = 13, LOG_TERMS = 17 };
#else
typedef uint32_t bits_of_real;
#define GD_EXP_SHIFT 0x1.8p23f
#define GD_EXP_LOWEST (-87)
#define GD_EXP_HIGHEST 88
#define GD_LN2_HIGH 0x1.62e4p-1f
#define GD_LN2_LOW 0x1.7f7d1cp-20f
enum { EXP_BIAS = 127, EXP_PLACE = 23, EXP_TERMS = 7, LOG_TERMS = 8 };
#endif

/* e^x = 2^n e^r with n whole and |r| <= ln(2) / 2 (Cody and Waite 1980, chapter 6): returns
 * e^r - 1 by its Taylor series, and sets *power to 2^n. For GD_EXP_LOWEST <= x <= GD_EXP_HIGHEST.
 */
static inline real reduced_exponential(real x, real *power) {
    const real shifted = x * (real)1.44269504088896340736 + GD_EXP_SHIFT;
    const real n = shifted - GD_EXP_SHIFT;
    const real r = (x - n * GD_LN2_HIGH) - n * GD_LN2_LOW;
    bits_of_real bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + EXP_BIAS) << EXP_PLACE;
    memcpy(power, &bits, sizeof bits);
    real sum = 0, factorial = 1;
    for (int k = 2; k <= EXP_TERMS; k++) {
        factorial *= (real)k;
    }
    real inverse = 1 / factorial;
    for (int k = EXP_TERMS; k >= 2; k--) {
        sum = sum * r + inverse;
        inverse *= (real)k;
    }
    return r + r * r * sum;
}

/* e^x of x <= GD_EXP_HIGHEST; 0 below GD_EXP_LOWEST. */
static inline real exponential(real x) {
    real power;
    const real rest = reduced_exponential(x, &power);
    return x < GD_EXP_LOWEST ? 0 : power + power * rest;
}

/* e^x - 1 of x <= GD_EXP_HIGHEST, exact to the last places near 0 as well. */
static inline real exponential_minus_one(real x) {
    real power;
    const real rest = reduced_exponential(x, &power);
    return x < GD_EXP_LOWEST ? -1 : (power - 1) + power * rest;
}

/* log(1 + u) of 0 <= u <= 1: 2 artanh(s), s = u / (2 + u), by its series. */
static inline real logarithm_of_one_plus(real u) {
    const real s = u / (2 + u), square = s * s;
    real sum = 0;
    for (int k = LOG_TERMS; k >= 1; k--) {
        sum = sum * square + 1 / (real)(2 * k + 1);
    }
    return 2 * s + 2 * s * square * sum;
}

#endif
