#include "gdmpi/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 65, HEIGHT = 15, PARTS = 4 };

typedef struct canvas {
    char cell[HEIGHT][WIDTH + 1];
    double low, high; /* y of the lower and the upper edge */
} canvas;

/* Between the two nearest values. */
static double value_at(const gd_chart *chart, int column) {
    const double place = (double)column / (WIDTH - 1) * (double)(chart->count - 1);
    const int64_t before = (int64_t)place < chart->count - 1 ? (int64_t)place : chart->count - 2;
    const double part = place - (double)before;
    return (1 - part) * chart->y[before] + part * chart->y[before + 1];
}

static void draw_curve(const gd_chart *chart, canvas *canvas) {
    canvas->high = chart->top;
    canvas->low = chart->top;
    for (int64_t i = 0; i < chart->count; i++) {
        canvas->low = fmin(canvas->low, chart->y[i]);
    }
    const double height = canvas->high > canvas->low ? canvas->high - canvas->low : 1;
    for (int row = 0; row < HEIGHT; row++) {
        memset(canvas->cell[row], ' ', WIDTH);
        canvas->cell[row][WIDTH] = '\0';
    }
    for (int column = 0; column < WIDTH; column++) {
        const double down = (canvas->high - fmin(value_at(chart, column), chart->top)) / height;
        canvas->cell[lround(down * (HEIGHT - 1))][column] = '*';
    }
}

static double x_at(const gd_chart *chart, double part) {
    return chart->first * pow(chart->last / chart->first, part);
}

static void draw_axis(const gd_chart *chart, gd_text *out) {
    char line[WIDTH + 1];
    memset(line, '-', WIDTH);
    line[WIDTH] = '\0';
    for (int part = 0; part <= PARTS; part++) {
        line[part * (WIDTH - 1) / PARTS] = '+';
    }
    if (chart->mark > 0) {
        const double part = log(chart->mark / chart->first) / log(chart->last / chart->first);
        line[lround(fmin(fmax(part, 0), 1) * (WIDTH - 1))] = '^';
    }
    gd_text_add(out, "%10s %s\n%8s", "", line, "");
    for (int part = 0; part <= PARTS; part++) {
        char label[16];
        snprintf(label, sizeof label, "%.2g", x_at(chart, (double)part / PARTS));
        const int spare = (WIDTH - 1) / PARTS - (int)strlen(label);
        gd_text_add(out, "%*s%s%*s", 3 - (int)strlen(label) / 2, "", label,
                    part < PARTS ? spare - 3 + (int)strlen(label) / 2 : 0, "");
    }
    gd_text_add(out, "\n");
}

void gd_chart_draw(const gd_chart *chart, gd_text *out) {
    canvas canvas;
    draw_curve(chart, &canvas);
    for (int row = 0; row < HEIGHT; row++) {
        char label[16] = "";
        if (row % (HEIGHT / 2) == 0) {
            const double part = (double)row / (HEIGHT - 1);
            snprintf(label, sizeof label, "%.4g", (1 - part) * canvas.high + part * canvas.low);
        }
        int length = WIDTH;
        while (length > 0 && canvas.cell[row][length - 1] == ' ') {
            length--;
        }
        gd_text_add(out, "%9s |%.*s\n", label, length, canvas.cell[row]);
    }
    draw_axis(chart, out);
}
