#include <float.h>
#include <math.h>

#include "gdmpi/text.h"
#include "numbers.h"

bool gd_number_read(const char *text, double *value) {
    /* A whole number below 2^53 over a power of ten that a double holds is one rounding from the
     * decimal (Clinger 1990). */
    static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = text[0] == '-', point = false;
    uint64_t digits = 0;
    int count = 0, places = 0;
    const char *at = text + (negative ? 1 : 0);
    for (; (*at >= '0' && *at <= '9') || (*at == '.' && !point); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        digits = 10 * digits + (uint64_t)(*at - '0');
        count++;
        places += point ? 1 : 0;
        if (count > 15) {
            break;
        }
    }
    if (*at != '\0' || count == 0 || count > 15) {
        return gd_text_to_number(text, value);
    }
    double number = (double)digits / powers[places];
    *value = negative ? -number : number;
    return true;
}

void gd_numbers_add(gd_numbers *numbers, double number) {
    numbers->least = numbers->count == 0 || number < numbers->least ? number : numbers->least;
    numbers->most = numbers->count == 0 || number > numbers->most ? number : numbers->most;
    numbers->fractions = numbers->fractions || number != floor(number);
    numbers->zeros += number == 0 ? 1 : 0;
    numbers->count++;
}

static double largest(const gd_numbers *numbers) {
    return fmax(fabs(numbers->least), fabs(numbers->most));
}

bool gd_numbers_large(const gd_numbers *numbers) {
    static const double float_whole = 0x1p24;
    return !numbers->fractions && largest(numbers) > float_whole;
}

gd_type gd_numbers_whole_type(double least, double most) {
    static const struct {
        gd_type type;
        double least, most;
    } types[] = {{GD_UINT8, 0, UINT8_MAX},
                 {GD_INT8, INT8_MIN, INT8_MAX},
                 {GD_UINT16, 0, UINT16_MAX},
                 {GD_INT16, INT16_MIN, INT16_MAX},
                 {GD_INT32, INT32_MIN, INT32_MAX}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (least >= types[i].least && most <= types[i].most) {
            return types[i].type;
        }
    }
    return GD_FLOAT64;
}

gd_status gd_numbers_type(const gd_numbers *numbers, bool large, const gd_import_options *options,
                          const char *path, gd_type *type) {
    bool fits = largest(numbers) <= (double)FLT_MAX;
    if (options->type == GD_IMPORT_FLOAT32 && !fits) {
        return gd_status_new(GD_BAD_INPUT, "%s: has numbers that are too large for float32", path);
    }
    if (options->type != GD_IMPORT_SMALLEST) {
        *type = options->type == GD_IMPORT_FLOAT32 ? GD_FLOAT32 : GD_FLOAT64;
    } else if (!numbers->fractions) {
        *type = gd_numbers_whole_type(numbers->least, numbers->most);
    } else {
        *type = large || !fits ? GD_FLOAT64 : GD_FLOAT32;
    }
    return GD_OK;
}
